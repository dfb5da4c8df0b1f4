-- The endpoint leads to another registry now: nothing that was known holds there.
UPDATE watches SET registry = $2, checked_at = NULL, requests = 0, took = 0, tags = 0, message = '' WHERE id = $1;
