DELETE FROM webhook_watches WHERE webhook_id = $1;
