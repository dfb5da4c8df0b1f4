-- The lanes in which something waits, and when the first of each is due: one look into the index for each lane, however many rows it has.
WITH RECURSIVE lanes (lane) AS (
    SELECT MIN(lane) FROM notifications WHERE status = 'PENDING'
    UNION ALL
    SELECT (SELECT MIN(n.lane) FROM notifications n WHERE n.status = 'PENDING' AND n.lane > lanes.lane) FROM lanes WHERE lanes.lane IS NOT NULL
)
SELECT lane, (SELECT MIN(n.next_at) FROM notifications n WHERE n.status = 'PENDING' AND n.lane = lanes.lane) AS due
FROM lanes WHERE lane IS NOT NULL ORDER BY due LIMIT $1;
