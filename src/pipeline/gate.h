/* pipeline/gate.h - may runs of a pipeline begin now? Its own change windows, its project's, and freezes decide together. Pure. */
#pragma once

#include "pipeline/windows.h"

struct freeze { /* borrowed */
    const char *name, *zone;
    int64_t begins, ends;
};

struct gate_rules { /* all borrowed */
    const char *pipeline; /* its name */
    const struct windows *own, *of_project; /* NULL: none */
    const struct freeze *freezes; /* those that are for the pipeline */
    size_t freeze_count;
};

struct gate {
    bool open;
    int64_t at;    /* when it opens; 0: that is not known, or not within a year */
    char why[400]; /* "outside its change window; begins 2026-12-02 06:00 Europe/Berlin" */
};
void gate_judge(const struct gate_rules *rules, int64_t now, struct gate *ret);

/* Is a freeze for a pipeline? It names it or one of its tags, or neither anything. All arrays of texts; NULL counts as empty. */
bool freeze_is_for(const json_t *pipelines, const json_t *tags, const char *pipeline, const json_t *pipeline_tags);
