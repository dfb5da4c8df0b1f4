/* Variables. English, German. */
export const VARIABLES = {
    // variables
    newVariable: ['New variable', 'Neue Variable'],
    noVariables: ['There is no variable yet', 'Noch keine Variable vorhanden'],
    noVariablesHint: ['A variable keeps what several pipelines use: ${var.NAME}. A secret one is never shown again.', 'Eine Variable hält, was mehrere Pipelines brauchen: ${var.NAME}. Eine geheime wird nie wieder angezeigt.'],
    regular: ['Regular', 'Regulär'],
    secret: ['Secret', 'Geheim'],
    restrictedType: ['Restricted', 'Eingeschränkt'],
    regularMeans: ['Everybody in the project sees its value.', 'Alle im Projekt sehen ihren Wert.'],
    secretMeans: ['Stored sealed, never shown again, hidden in logs.', 'Versiegelt gespeichert, nie wieder angezeigt, in Protokollen verborgen.'],
    restrictedMeans: ["As secret; and only the project's administrators make, change and delete it.", 'Wie geheim; nur Administratoren des Projekts erstellen, ändern und löschen sie.'],
    variableName: ['Letters, digits and _ ; used as ${var.{name}}', 'Buchstaben, Ziffern und _ ; verwendet als ${var.{name}}'],
    hiddenValue: ['Hidden', 'Verborgen'],
    deleteVariableHint: ['Pipelines, endpoints and webhooks that name ${var.{name}} fail until it is there again. This cannot be undone.',
        'Pipelines, Endpoints und Webhooks, die ${var.{name}} nennen, schlagen fehl, bis es sie wieder gibt. Das lässt sich nicht rückgängig machen.'],
} as const;
