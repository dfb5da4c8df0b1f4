/* The draft as text. The server converts both ways, so that what is shown is what it will read; while the text cannot be read, the
 * draft stays what it was, and the page says so. */
import type { ComponentType } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { type Finding, Problem, list } from '../../api';
import type * as EditorModule from '../../editor';
import { useLoaded } from '../../loading';
import { Loading, Trouble } from '../../parts';
import { t } from '../../texts';
import { type Checked, checkDraft, checkText, withDefinition } from './definition';
import type { PipelineDraft } from './model/draft';
import type { TabProps } from './parameters';
import { FindingList } from './problems';
import { completeWith } from './references';

let loaded: typeof EditorModule | null = null;

/* CodeMirror, fetched when it is first needed. */
export function useEditor(): { module: typeof EditorModule | null; problem: Problem | null } {
    const [, again] = useState(0), [problem, fail] = useState<Problem | null>(null);
    useEffect(() => {
        if (!loaded) import('../../editor').then((module) => { loaded = module; again(1); }, () => fail(new Problem(0, t('pageGone'))));
    }, []);
    return { module: loaded, problem };
}

const PAUSE = 350; /* ms without a key before the server is asked */
const asProblem = (error: unknown) => (error instanceof Problem ? error : new Problem(0, String(error)));

interface Text { yaml: string; version: number; findings: Finding[]; broken: boolean; checking: boolean; problem: Problem | null }

function useText(draft: PipelineDraft, change: (next: PipelineDraft) => void) {
    const [text, setText] = useState<Text | null>(null);
    const latest = useRef(draft), written = useRef<PipelineDraft | null>(null), timer = useRef(0), stop = useRef(new AbortController());
    latest.current = draft;
    const take = (checked: Checked, yaml: string) => {
        const next = checked.pipeline && withDefinition(latest.current, checked.pipeline);
        const moved = next && 'id' in next && next.project !== latest.current.project;
        const findings = moved ? [{ level: 'ERROR' as const, pointer: '/project', message: t('yamlProject', { project: latest.current.project }), line: 1 }, ...checked.problems] : checked.problems;
        setText((old) => ({ yaml, version: old?.version ?? 0, findings, broken: !next || !!moved, checking: false, problem: null }));
        if (next && !moved) { written.current = next; change(next); }
    };
    const ask = async (yaml: string) => {
        stop.current.abort();
        const mine = stop.current = new AbortController();
        try {
            const checked = await checkText(yaml, mine.signal);
            if (!mine.signal.aborted) take(checked, yaml);
        } catch (error) {
            if (!mine.signal.aborted) setText((old) => old && { ...old, checking: false, broken: true, problem: asProblem(error) });
        }
    };
    const load = () => {
        const mine = stop.current = new AbortController();
        clearTimeout(timer.current);
        written.current = latest.current;
        checkDraft(latest.current, false, mine.signal).then((c) => setText((old) => ({ yaml: c.yaml, version: (old?.version ?? 0) + 1, findings: c.problems, broken: false, checking: false, problem: null })),
            (error: unknown) => { if (!mine.signal.aborted) setText({ yaml: '', version: 0, findings: [], broken: false, checking: false, problem: asProblem(error) }); });
    };
    const edit = (yaml: string) => {
        setText((old) => old && { ...old, yaml, checking: true });
        clearTimeout(timer.current);
        timer.current = window.setTimeout(() => void ask(yaml), PAUSE);
    };
    useEffect(() => { if (draft !== written.current) load(); }, [draft]); /* changed elsewhere: a toggle, a newer version */
    useEffect(() => () => { clearTimeout(timer.current); stop.current.abort(); }, []);
    return { text, edit, load };
}

function useNames(project: string) {
    const where = `(project eq '${project.replace(/'/g, "''")}')`;
    return useLoaded(`yaml names ${project}`, ['variables', 'endpoints'], async (s) => ({
        variables: (await list<{ name: string }>('/variables', { $top: 1000, $filter: where }, s)).rows.map((v) => v.name),
        endpoints: (await list<{ name: string }>('/endpoints', { $top: 1000, $filter: `${where} and (type eq 'k8s')` }, s)).rows.map((v) => v.name),
    })).data;
}

export function YamlTab({ draft, change, readOnly, stay, line }: TabProps & { line: { line: number; column: number; asked: number } | undefined }) {
    const { module, problem } = useEditor();
    const { text, edit, load } = useText(draft, change);
    const [look, setLook] = useState(line);
    const names = useRef<ReturnType<typeof useNames>>(null), latest = useRef(draft);
    names.current = useNames(draft.project);
    latest.current = draft;
    const complete = useMemo(() => completeWith(() => latest.current, () => names.current?.variables ?? [], () => names.current?.endpoints ?? []), []);
    const marks = useMemo(() => (text?.findings ?? []).filter((f) => f.line).map((f) => ({ line: f.line!, column: f.column, level: f.level, message: f.message })), [text?.findings]);
    useEffect(() => { stay(text?.broken || text?.checking ? t(text.broken ? 'yamlBroken' : 'yamlCheck') : ''); }, [text?.broken, text?.checking]);
    useEffect(() => () => stay(''), []);
    useEffect(() => { if (line) setLook(line); }, [line?.asked]);
    if (problem) return <Trouble problem={problem} retry={() => location.reload()} />;
    if (!module || !text) return <Loading />;
    const Editor: ComponentType<Parameters<typeof EditorModule.Editor>[0]> = module.Editor;
    return (
        <div class="stack">
            <Trouble problem={text.problem} />
            {text.broken && !text.problem && <div class="notice actions"><span>{t('yamlBroken')}</span><button type="button" onClick={load}>{t('yamlBack')}</button></div>}
            <Editor text={text.yaml} version={text.version} label={t('yamlEditor')} readOnly={readOnly} marks={marks} complete={complete} set={edit} {...(look ? { look } : {})} />
            <p class="faint yaml-foot"><small>{t('yamlHint')}</small><small aria-live="polite">{text.checking ? t('yamlCheck') : ''}</small></p>
            <FindingList of={text.findings} open={(f) => setLook({ line: f.line ?? 1, column: f.column ?? 1, asked: (look?.asked ?? 0) + 1 })} />
        </div>
    );
}
