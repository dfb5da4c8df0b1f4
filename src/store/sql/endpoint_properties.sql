SELECT uuid, name, type, properties, restricted FROM endpoints WHERE id = $1;
