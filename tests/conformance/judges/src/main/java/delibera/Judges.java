// SPDX-License-Identifier: AGPL-3.0-or-later
package delibera;

import eu.europa.esig.dss.enumerations.Indication;
import eu.europa.esig.dss.enumerations.Level;
import eu.europa.esig.dss.jaxb.object.Message;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.model.policy.ValidationPolicy;
import eu.europa.esig.dss.policy.EtsiValidationPolicy;
import eu.europa.esig.dss.policy.ValidationPolicyFacade;
import eu.europa.esig.dss.policy.jaxb.BasicSignatureConstraints;
import eu.europa.esig.dss.policy.jaxb.LevelConstraint;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.logging.LogManager;
import java.util.stream.Collectors;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.ValidationResult;

/**
 * Asks two validators about a list of files, in one JVM.
 *
 * <p>Standard input: one {@code JUDGE<TAB>FILE} a line, the judge being {@code verapdf-2a} or
 * {@code verapdf-3a} (the part and level the file must be), or {@code dss}. Argument: a folder of trusted certificates (DER or PEM). Standard output: one JSON object
 * a verdict, {@code {"judge","file","verdict","detail"}}; veraPDF gives two a file, {@code pdfa} and
 * {@code pdfua}. Nothing is fetched: DSS has no online source.
 */
public final class Judges {
    private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

    private final CommonTrustedCertificateSource anchors = new CommonTrustedCertificateSource();
    private final ValidationPolicy policy = policy();

    private Judges(File trust) throws Exception {
        File[] files = trust.listFiles(File::isFile);
        if (files == null || files.length == 0) {
            throw new IOException("no trusted certificate in " + trust);
        }
        for (File file : files) {
            anchors.addCertificate(DSSUtils.loadCertificate(file));
        }
    }

    public static void main(String[] arguments) throws Exception {
        LogManager.getLogManager().reset();
        VeraGreenfieldFoundryProvider.initialise();
        Judges judges = new Judges(new File(arguments[0]));
        ExecutorService workers = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = input.readLine()) != null; ) {
            String[] parts = line.split("\t", 2);
            workers.execute(() -> judges.ask(parts[0], parts[1]));
        }
        workers.shutdown();
        if (!workers.awaitTermination(1, TimeUnit.HOURS)) {
            throw new IOException("an hour was not enough");
        }
    }

    private void ask(String judge, String file) {
        try {
            switch (judge) {
                case "verapdf-2a" -> verapdf(file, PDFAFlavour.PDFA_2_A);
                case "verapdf-3a" -> verapdf(file, PDFAFlavour.PDFA_3_A);
                case "dss" -> dss(file);
                default -> say(judge, file, "error", "no such judge");
            }
        } catch (Exception | StackOverflowError error) {
            String detail = error.getClass().getSimpleName() + ": " + error.getMessage();
            if (judge.startsWith("verapdf")) {
                say("pdfa", file, "error", detail);
                say("pdfua", file, "error", detail);
            } else {
                say(judge, file, "error", detail);
            }
        }
    }

    // --- PDF/A and PDF/UA ---------------------------------------------------------------------------

    /** The file must claim this part and level, and PDF/UA-1, and keep what it claims. */
    private static void verapdf(String file, PDFAFlavour wanted) throws Exception {
        try (PDFAParser parser = Foundries.defaultInstance().createParser(new File(file))) {
            List<PDFAFlavour> claimed = parser.getFlavours();
            List<PDFAFlavour> asked = new ArrayList<>();
            if (claimed.contains(wanted)) {
                asked.add(wanted);
            } else {
                say("pdfa", file, "failed", "claims " + claimed + ", must be " + wanted.getId());
            }
            if (claimed.contains(PDFAFlavour.PDFUA_1)) {
                asked.add(PDFAFlavour.PDFUA_1);
            } else {
                say("pdfua", file, "failed", "claims " + claimed);
            }
            if (asked.isEmpty()) {
                return;
            }
            try (PDFAValidator validator = Foundries.defaultInstance().createValidator(asked)) {
                for (ValidationResult result : validator.validateAll(parser)) {
                    PDFAFlavour flavour = result.getPDFAFlavour();
                    String judge = flavour == PDFAFlavour.PDFUA_1 ? "pdfua" : "pdfa";
                    String detail = flavour.getId() + ", " + result.getTotalAssertions() + " checks" + failures(result);
                    say(judge, file, result.isCompliant() ? "passed" : "failed", detail);
                }
            }
        }
    }

    private static String failures(ValidationResult result) {
        Map<String, Integer> rules = new TreeMap<>();
        result.getFailedChecks().forEach((rule, times) -> rules.put(rule.getClause() + "-" + rule.getTestNumber(), times));
        return rules.isEmpty() ? "" : ", failed " + rules;
    }

    // --- Signatures ---------------------------------------------------------------------------------

    /**
     * The Commission's own policy with two differences. Certificates without revocation data are accepted:
     * development certificates say nowhere where to look, and nothing is fetched here; data that is there is
     * judged. And what the library only warns about in updates after a signature is a failure, except
     * {@code UndefinedChanges}: a field filled later is "undefined" to DSS 6.3 when it is reached through the
     * structure tree ({@code /Obj}), where PDF/UA-1, 7.18.4, wants it.
     */
    private static ValidationPolicy policy() throws Exception {
        EtsiValidationPolicy policy =
                (EtsiValidationPolicy) ValidationPolicyFacade.newFacade().getDefaultValidationPolicy();
        for (BasicSignatureConstraints basic : List.of(
                policy.getSignatureConstraints().getBasicSignatureConstraints(),
                policy.getTimestampConstraints().getBasicSignatureConstraints(),
                policy.getRevocationConstraints().getBasicSignatureConstraints())) {
            basic.getSigningCertificate().setRevocationDataAvailable(level(Level.WARN));
            basic.getSigningCertificate().setAcceptableRevocationDataFound(level(Level.WARN));
            basic.getCACertificate().setRevocationDataAvailable(level(Level.WARN));
            basic.getCACertificate().setAcceptableRevocationDataFound(level(Level.WARN));
            basic.setAnnotationChanges(level(Level.FAIL));
            basic.setByteRangeCollision(level(Level.FAIL));
            basic.setPdfAnnotationOverlap(level(Level.FAIL));
            basic.setPdfVisualDifference(level(Level.FAIL));
        }
        return policy;
    }

    private static LevelConstraint level(Level level) {
        LevelConstraint constraint = new LevelConstraint();
        constraint.setLevel(level);
        return constraint;
    }

    private void dss(String file) {
        CommonCertificateVerifier verifier = new CommonCertificateVerifier();
        verifier.setTrustedCertSources(anchors);
        SignedDocumentValidator validator = SignedDocumentValidator.fromDocument(new FileDocument(file));
        validator.setCertificateVerifier(verifier);
        SimpleReport report = validator.validateDocument(policy).getSimpleReport();
        List<String> ids = report.getSignatureIdList();
        if (ids.isEmpty()) {
            say("dss", file, "unsigned", "");
            return;
        }
        List<String> tokens = new ArrayList<>(ids);
        tokens.addAll(report.getTimestampIdList());
        List<String> reasons = tokens.stream().map(id -> reason(report, id)).filter(r -> !r.isEmpty()).toList();
        Map<String, Long> levels = ids.stream()
                .collect(Collectors.groupingBy(id -> report.getSignatureFormat(id).toString(), TreeMap::new,
                        Collectors.counting()));
        String verdict = "passed";
        for (String id : tokens) {
            Indication indication = report.getIndication(id);
            if (indication == Indication.TOTAL_FAILED || indication == Indication.FAILED) {
                verdict = "failed";
            } else if (indication == Indication.INDETERMINATE && verdict.equals("passed")) {
                verdict = "indeterminate";
            }
        }
        say("dss", file, verdict, levels + (reasons.isEmpty() ? "" : " " + String.join("; ", reasons)));
    }

    private static String reason(SimpleReport report, String id) {
        if (report.getIndication(id) == Indication.TOTAL_PASSED || report.getIndication(id) == Indication.PASSED) {
            return "";
        }
        return report.getSubIndication(id) + ": "
                + report.getAdESValidationErrors(id).stream().map(Message::getValue).collect(Collectors.joining(", "));
    }

    // --- JSON ---------------------------------------------------------------------------------------

    private static void say(String judge, String file, String verdict, String detail) {
        String line = String.format("{\"judge\":%s,\"file\":%s,\"verdict\":%s,\"detail\":%s}",
                quoted(judge), quoted(file), quoted(verdict), quoted(detail));
        synchronized (OUT) {
            OUT.println(line);
        }
    }

    private static String quoted(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }
}
