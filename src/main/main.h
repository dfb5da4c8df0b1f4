/* main/main.h - the commands that are the server's side of the binary; all others are cli/'s. */
#pragma once

/* Each takes what stands behind its name, and returns the process's exit status. */
int serve_main(int count, const char *const *arguments);
int settings_main(int count, const char *const *arguments);
int proxy_main(int count, const char *const *arguments);
int backup_main(int count, const char *const *arguments);
int restore_main(int count, const char *const *arguments);
