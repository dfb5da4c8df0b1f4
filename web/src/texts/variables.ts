/* Variables. English, German. */
export const VARIABLES = {
    // variables
    newVariable: ['New variable', 'Neue Variable'],
    noVariables: ['There is no variable yet', 'Noch keine Variable vorhanden'],
    noVariablesHint: ['A variable keeps what several pipelines use: ${var.NAME}. A secret one is never shown again.', 'Eine Variable hält, was mehrere Pipelines brauchen: ${var.NAME}. Eine geheime wird nie wieder angezeigt.'],
    value: ['Value', 'Wert'],
    regular: ['Regular', 'Regulär'],
    secret: ['Secret', 'Geheim'],
    restrictedType: ['Restricted', 'Eingeschränkt'],
} as const;
