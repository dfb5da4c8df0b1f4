-- The address that a delivery came from.
SELECT remote FROM deliveries WHERE id = $1;
