/* tasks/ci_script.h - the steps of a CI task as one shell script, in an archive that is unpacked into its container.
 *
 *   /.slipway/run      goes into the workspace, reads steps with set -e, and writes the exports when all is over, however it ended
 *   /.slipway/steps    the steps as they were written, so that the shell's complaints name their lines
 *   /.slipway/exports  a file for each variable that was set
 */
#pragma once

#include "base/json.h"

#define CI_EXPORTS "/.slipway/exports"
enum { CI_STEPS_MOST = 1 << 20, CI_EXPORTS_MOST = 100 };

struct ci_script {
    struct text tar;
    json_t *files; /* the same without the folders, for where no archive is unpacked: {"run": text, ...}, all of /.slipway */
    char *shell; /* "/bin/sh", or what the first step says behind "#!" */
};
/* steps, exports: arrays of texts (NULL: none). folder: the workspace's path, made and open to whichever user the image has. */
bool ci_script_make(const json_t *steps, const json_t *exports, const char *folder, struct ci_script *ret, struct err *e);
/* A custom integration's code (pipeline/integration.h) with its inputs: {NAME: value}. What it sets is found as exports are: as text in
 * a shell, as JSON where the runtime has a context that is asked (getInput, setOutput). */
bool custom_script_make(const json_t *integration, const json_t *inputs, const char *folder, struct ci_script *ret, struct err *e);
void ci_script_fini(struct ci_script *s);
