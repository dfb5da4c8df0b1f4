-- What Docker Hub calls it; true whatever is intended since.
UPDATE hub_hooks SET slug = $2 WHERE id = $1;
