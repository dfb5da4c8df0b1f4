SELECT COUNT(*) FROM notifications WHERE status = 'PENDING';
