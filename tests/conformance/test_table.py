# SPDX-License-Identifier: AGPL-3.0-or-later
"""The table can fail: `python -m unittest`, in this folder."""

import unittest
from pathlib import Path
from tempfile import TemporaryDirectory

import table
from ask import Verdict
from items import PASSED, REFUSED, UNSIGNED, Item
from table import Known

SOUND = Item("a/sound.pdf", PASSED)
BAD = Item("a/bad.pdf", REFUSED)


def verdicts(item, **other):
    words = dict.fromkeys(item.expected(), "passed" if item is SOUND else "failed") | other
    return [Verdict(judge, item.file, word) for judge, word in words.items() if word]


class Table(unittest.TestCase):
    def problems(self, items, said, known=()):
        return table.judge(items, said, list(known)).problems

    def test_when_all_agree_every_verdict_counts(self):
        counted = table.judge([SOUND, BAD], verdicts(SOUND) + verdicts(BAD), [])
        self.assertEqual(counted.totals, (8, 0))

    def test_a_judge_who_passes_what_is_bad_is_a_problem(self):
        self.assertIn("dss says passed", self.problems([BAD], verdicts(BAD, dss="passed"))[0])

    def test_a_judge_who_refuses_what_is_sound_is_a_problem(self):
        for word in ("failed", "indeterminate", "error", "unsigned"):
            self.assertEqual(len(self.problems([SOUND], verdicts(SOUND, pdfsig=word))), 1, word)

    def test_a_judge_who_says_nothing_is_a_problem(self):
        self.assertIn("said nothing", self.problems([SOUND], verdicts(SOUND, pyhanko=None))[0])

    def test_a_crash_agrees_with_nothing(self):
        for item in (SOUND, BAD):
            self.assertEqual(len(self.problems([item], verdicts(item, delibera="crashed"))), 1)

    def test_refusing_has_many_words_and_unsigned_has_one(self):
        said = verdicts(BAD, dss="indeterminate", pyhanko="error", pdfsig="unsigned")
        self.assertEqual(self.problems([BAD], said), [])
        plain = Item("a/plain.pdf", UNSIGNED)
        self.assertEqual(len(self.problems([plain], verdicts(plain, **dict.fromkeys(plain.expected(), "failed")))), 4)

    def test_a_listed_disagreement_passes_with_that_verdict_only(self):
        known = Known(["a/*.pdf"], "dss", "passed", "why")
        self.assertEqual(self.problems([BAD], verdicts(BAD, dss="passed"), [known]), [])
        known = Known(["a/*.pdf"], "dss", "indeterminate", "why")
        self.assertEqual(len(self.problems([SOUND], verdicts(SOUND, dss="failed"), [known])), 2)

    def test_a_listed_disagreement_that_no_longer_happens_is_a_problem(self):
        known = Known(["a/bad.pdf"], "dss", "passed", "why")
        found = self.problems([BAD], verdicts(BAD), [known])
        self.assertTrue(any("listed as disagreeing" in problem for problem in found), found)
        known = Known(["b/*.pdf"], "dss", "passed", "why")
        found = self.problems([BAD], verdicts(BAD), [known])
        self.assertTrue(any("not in the corpus" in problem for problem in found), found)

    def read(self, judge, reason=""):
        with TemporaryDirectory() as folder:
            path = Path(folder) / "known.toml"
            text = f'[[disagreement]]\nfiles = ["x"]\njudge = "{judge}"\nverdict = "passed"\n{reason}'
            path.write_text(text)
            return table.read_known(path)

    def test_an_entry_wants_a_reason(self):
        self.assertRaises(TypeError, self.read, "dss")
        self.assertEqual(self.read("dss", 'reason = "why"')[0].reason, "why")

    def test_a_false_accept_of_ours_cannot_be_listed(self):
        self.assertRaises(ValueError, self.read, "delibera", 'reason = "why"')


if __name__ == "__main__":
    unittest.main()
