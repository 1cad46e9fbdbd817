-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What is looked up among the acts of many years without reading them all: what the Albo shows,
-- papers to be signed, acts by the last day of their posting, the last task of the timetable.

-- The register first: without statistics SQLite takes an equality on the key before a range, and
-- would go through every posting there ever was.
DROP INDEX postings_shown;
CREATE INDEX postings_shown ON postings (register, off_on, shown_from)
    WHERE annulled = 0 AND external = 0;
CREATE INDEX papers_prepared ON papers (stream) WHERE status = 'prepared';
CREATE INDEX cases_last_day ON cases (last_day, id) WHERE last_day IS NOT NULL;
CREATE INDEX jobs_schedule ON jobs (due_at) WHERE kind = 'schedule';
