DELETE FROM invitations WHERE user_id = $1;
