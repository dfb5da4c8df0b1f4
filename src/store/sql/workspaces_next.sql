SELECT MIN(due_at) FROM workspaces WHERE due_at > $1;
