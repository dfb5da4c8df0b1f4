/* Pipelines and their editor. English, German. */
export const PIPELINES = {
    // pipelines
    noPipelines: ['There is no pipeline yet', 'Noch keine Pipeline vorhanden'],
    noPipelinesHint: ['Apply one from a file: slipway apply -f pipeline.yaml. It appears here by itself.',
        'Legen Sie eine aus einer Datei an: slipway apply -f pipeline.yaml. Sie erscheint hier von selbst.'],
    run: ['Run', 'Ausführen'],
    runPipeline: ['Run {name}', '{name} ausführen'],
    model: ['Model', 'Modell'],
    yaml: ['YAML', 'YAML'],
    comments: ['Comments', 'Kommentare'],
    enabled: ['Enabled', 'Aktiviert'],
    disabled: ['Disabled', 'Deaktiviert'],
    lastRuns: ['Last runs', 'Letzte Ausführungen'],
    mustEnable: ['It is disabled. Enable it to run it.', 'Sie ist deaktiviert. Aktivieren Sie sie, um sie auszuführen.'],
    enable: ['Enable', 'Aktivieren'],
    disable: ['Disable', 'Deaktivieren'],
    stages: ['{n} stages, {m} tasks', '{n} Phasen, {m} Aufgaben'],
} as const;
