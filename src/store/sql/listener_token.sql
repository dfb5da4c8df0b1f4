-- A new secret; the old one is accepted until $4.
UPDATE listeners SET old_token_hash = token_hash, old_until = $4, token = $2, token_hash = $3 WHERE id = $1;
