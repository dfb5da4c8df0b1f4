/* A tree as YAML, by libyaml's emitter, which knows which styles a text can be written in. */
#include "base/yaml.h"

#include <string.h>
#include <yaml.h>

#include "base/mem.h"
#include "base/text.h"

static void emit(yaml_emitter_t *emitter, yaml_event_t *event)
{
    if (!yaml_emitter_emit(emitter, event))
        abort(); /* out of memory, or events in an order of our own making */
}

static int write_to(void *context, unsigned char *bytes, size_t n)
{
    text_add_n(context, bytes, n);
    return 1;
}

/* Words and signs that other readers of YAML 1.1 take for something else than text, though ours does not. */
static bool doubtful(const char *text)
{
    static const char *const OTHERS[] = { "y", "Y", "n", "N", "=", "<<" };
    for (size_t i = 0; i < ALEN(OTHERS); i++)
        if (strcmp(text, OTHERS[i]) == 0)
            return true;
    /* 08, 1:30, 2001-12-14, .inf, an integer of 80 bits: whatever could be some sort of number or date */
    return strchr("0123456789+-.", *text) && (text_starts(text + strspn(text, "+-."), "inf") ||
                                              !text[strspn(text, "0123456789abcdefABCDEFxXoOiInNtTzZ_:.,+- ")]);
}

static bool reads_back(const char *text, size_t n)
{
    AUTO_JSON *json = yaml_plain(text, n);
    return json_is_string(json) && !doubtful(text);
}

static yaml_scalar_style_t style_for(const char *text, size_t n, bool key)
{
    if (!strchr(text, '\n'))
        return reads_back(text, n) ? YAML_PLAIN_SCALAR_STYLE : YAML_SINGLE_QUOTED_SCALAR_STYLE;
    bool block = !key && !strchr(" \t\n", *text) && !strchr(text, '\r') && text[n - 1] != ' ';
    return block ? YAML_LITERAL_SCALAR_STYLE : YAML_DOUBLE_QUOTED_SCALAR_STYLE;
}

static void emit_scalar(yaml_emitter_t *emitter, const char *text, yaml_scalar_style_t style)
{
    yaml_event_t event;
    if (!yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text, (int)strlen(text), 1, 1, style))
        abort();
    emit(emitter, &event);
}

static void emit_text(yaml_emitter_t *emitter, const char *text, bool key)
{
    emit_scalar(emitter, text, style_for(text, strlen(text), key));
}

static void emit_value(yaml_emitter_t *emitter, const json_t *json);

static void emit_list(yaml_emitter_t *emitter, const json_t *list)
{
    yaml_event_t event;
    yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE);
    emit(emitter, &event);
    for (size_t i = 0; i < json_array_size(list); i++)
        emit_value(emitter, json_array_get(list, i));
    yaml_sequence_end_event_initialize(&event);
    emit(emitter, &event);
}

static void emit_object(yaml_emitter_t *emitter, const json_t *object)
{
    const char *key;
    json_t *value;
    yaml_event_t event;
    yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE);
    emit(emitter, &event);
    json_object_foreach((json_t *)object, key, value) {
        emit_text(emitter, key, true);
        emit_value(emitter, value);
    }
    yaml_mapping_end_event_initialize(&event);
    emit(emitter, &event);
}

static void emit_value(yaml_emitter_t *emitter, const json_t *json)
{
    if (json_is_object(json)) {
        emit_object(emitter, json);
    } else if (json_is_array(json)) {
        emit_list(emitter, json);
    } else if (json_is_string(json)) {
        emit_text(emitter, json_string_value(json), false);
    } else { /* number, true, false, null: JSON's own words */
        AUTO_FREE char *text = json_write(json);
        emit_scalar(emitter, text, YAML_PLAIN_SCALAR_STYLE);
    }
}

char *yaml_write(const json_t *json)
{
    struct text out = { 0 };
    yaml_emitter_t emitter;
    yaml_event_t event;
    if (!yaml_emitter_initialize(&emitter))
        abort();
    yaml_emitter_set_output(&emitter, write_to, &out);
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, -1);
    yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING);
    emit(&emitter, &event);
    yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 0);
    emit(&emitter, &event);
    emit_value(&emitter, json);
    yaml_document_end_event_initialize(&event, 1);
    emit(&emitter, &event);
    yaml_stream_end_event_initialize(&event);
    emit(&emitter, &event);
    yaml_emitter_delete(&emitter);
    return text_take(&out);
}
