-- Which day's report is made, so that of several replicas one makes it. One that died is followed by
-- another after a while.
CREATE TABLE daily_reports (
    day DATE NOT NULL PRIMARY KEY,
    begun_at DATETIME(6) NOT NULL,
    done_at DATETIME(6) NULL
) DEFAULT CHARSET = utf8mb4;
