/* Executions. English, German. */
export const EXECUTIONS = {
    // executions
    noRuns: ['Nothing has run yet', 'Noch nichts ausgeführt'],
    noRunsHint: ['A push to a webhook\'s repository starts a pipeline, or run one by hand under Pipelines.',
        'Ein Push in das Repository eines Webhooks startet eine Pipeline, oder führen Sie eine unter Pipelines von Hand aus.'],
    by: ['by {name}', 'von {name}'],
    stage: ['Stage', 'Phase'],
    task: ['Task', 'Aufgabe'],
    tasks: ['Tasks', 'Aufgaben'],
    type: ['Type', 'Typ'],
    duration: ['Duration', 'Dauer'],
    input: ['Input', 'Eingabe'],
    output: ['Output', 'Ausgabe'],
    log: ['Log', 'Protokoll'],
    noLog: ['This task has written nothing yet.', 'Diese Aufgabe hat noch nichts geschrieben.'],
    none: ['None', 'Keine'],
    failedAt: ['{task} failed', '{task} ist fehlgeschlagen'],
    pause: ['Pause', 'Anhalten'],
    resume: ['Resume', 'Fortsetzen'],
    cancelRun: ['Cancel execution', 'Ausführung abbrechen'],
    cancelRunHint: ['What its tasks have changed already stays as it is.', 'Was ihre Aufgaben bereits geändert haben, bleibt so.'],
} as const;
