-- Records one delivery. A repeated one changes nothing but its count; the returned uuid is the first one's, so a
-- repeat is told by its being another than $1.
INSERT INTO deliveries (uuid, project_id, listener_id, sender_key, format, remote, headers, body, verdict, problem, events,
                        state, received_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (listener_id, sender_key) DO UPDATE SET repeats = deliveries.repeats + 1
RETURNING id, uuid;
