/* Custom: code that people wrote (pipeline/integration.h), run as CI's steps are: in a container of the pipeline's workspace, found again
 * after a crash. Its inputs are data, whatever they hold: they never get into the code. */
#include "base/fields.h"
#include "base/mem.h"
#include "tasks/ci_inside.h"

struct custom_input { /* checked before any run */
    char *name, *version;
    json_t *properties;
};
static const struct field FIELDS[] = {
    { "name", FIELD_TEXT, offsetof(struct custom_input, name), REQUIRED },
    { "version", FIELD_TEXT, offsetof(struct custom_input, version), OPTIONAL },
    { "properties", FIELD_OBJECT, offsetof(struct custom_input, properties), OPTIONAL },
};

/* What the task gives, and defaults for the rest. */
static bool inputs_of(const json_t *integration, const json_t *given, json_t **ret, struct err *e)
{
    AUTO_JSON *inputs = json_object();
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(integration, "inputProperties"), i, one) {
        const char *name = json_text_at(one, "name", "");
        json_t *value = json_object_get(given, name);
        if (!value || json_is_null(value) || (json_is_string(value) && !json_string_length(value)))
            value = json_object_get(one, "defaultValue");
        bool missing = !value || json_is_null(value);
        if (missing && json_bool_at(one, "required", false))
            return err_field(e, "properties", "the custom integration needs '%.80s'", name);
        json_object_set_new(inputs, name, missing ? json_string("") : json_incref(value));
    }
    *ret = json_incref(inputs);
    return true;
}

static json_t *outputs_of(const json_t *integration)
{
    json_t *names = json_array(), *one;
    size_t i;
    json_array_foreach(json_object_get(integration, "outputProperties"), i, one)
        json_array_append_new(names, json_string(json_text_at(one, "name", "")));
    return names;
}

static bool custom_start(struct task_job *job, struct err *e)
{
    struct ci *ci = ci_create(job);
    AUTO_JSON *inputs = NULL;
    ci->custom = true;
    ci->json = !text_is(json_text_at(job->integration, "runtime", ""), "shell");
    ci->wanted = outputs_of(job->integration);
    if (expression_resolve_tree(job->input, NULL, job->scope, &ci->input, NULL, e) && workspace_read(job, &ci->space, e) &&
        inputs_of(job->integration, json_object_get(ci->input, "properties"), &inputs, e) && custom_script_make(job->integration, inputs, ci->space.path, &ci->script, e)) {
        ci_begin(ci);
        return true;
    }
    ci_free(ci);
    return false;
}

static const char *const NO_ENDPOINTS[] = { NULL };

const struct task_type TASK_CUSTOM = {
    .name = "Custom", .fields = FIELDS, .field_count = ALEN(FIELDS), .endpoints = NO_ENDPOINTS, .crash = TASK_FINDABLE, .workspace = true, .integration = true, .start = custom_start,
    .cancel = ci_cancel,
};
