-- Hooks that are still to be deleted with an endpoint's credentials.
SELECT name || ' of ' || repository FROM hub_hooks WHERE endpoint_id = $1 AND wanted = 'gone' ORDER BY id LIMIT 5;
