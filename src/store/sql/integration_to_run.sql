-- A version by its name; for "" the latest, else the draft where nothing was released. $1 is the project's id.
SELECT release, status, yaml FROM custom_integrations
WHERE project_id = $1 AND name = $2 AND ($3 = release OR ($3 = '' AND latest = 1))
ORDER BY release = $3 AND $3 <> '' DESC, latest DESC LIMIT 1;
