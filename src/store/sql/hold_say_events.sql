UPDATE events SET message = $2, updated_at = $3 WHERE hold_id = $1 AND message <> $2;
