/* One pipeline, as Code Stream lays it out: Workspace, Input, Model, Output; beside them its YAML and its executions. One draft feeds
 * all of them; nothing is saved before "Save". */
import './pipelines.css';
import { useRef } from 'preact/hooks';
import { type Finding, P, call } from '../../api';
import type { Parts } from '../../lazy';
import { useList } from '../../listing';
import { useLoaded } from '../../loading';
import type { ExecutionBrief } from '../../model';
import { Empty, Head, Loading, Trouble } from '../../parts';
import { firstProject } from '../../projects';
import { query, setQuery } from '../../router';
import { t } from '../../texts';
import { ExecutionLine } from '../executions/line';
import { type Saved, newPipeline } from './definition';
import { type Editing, useEditing } from './editing';
import { General, Header, Windows } from './header';
import { Model } from './model/model';
import { stillSo } from './model/wrong';
import { Told } from './notifying';
import { Inputs, Outputs } from './parameters';
import { Findings, tabOf } from './problems';
import { WorkspaceTab } from './workspace';
import { YamlTab } from './yaml';

const TABS = ['workspace', 'input', 'model', 'output', 'notifications', 'yaml', 'executions'] as const;
type Tab = typeof TABS[number];

function Runs({ id }: { id: string }) {
    const { data, problem, reload, more } = useList<ExecutionBrief>(`/pipelines/${id}/executions`, { view: 'brief' }, ['executions']);
    return (
        <>
            <Trouble problem={problem} retry={reload} />
            {!data && !problem && <Loading />}
            {data && !data.rows.length && <Empty title={t('neverRan')} hint={t('noRunsHint')} />}
            {data && data.rows.length > 0 && <ul class="rows">{data.rows.map((r) => <li key={r.id} class="row"><ExecutionLine run={r} /></li>)}</ul>}
            {more && <button type="button" class="more" onClick={more}>{t('more')}</button>}
        </>
    );
}

function Body({ tab, editing, findings }: { tab: Tab; editing: Editing; findings: Finding[] }) {
    const { draft, change, readOnly, stay, line } = editing;
    const props = { draft, change, readOnly, stay };
    switch (tab) {
    case 'workspace': return <WorkspaceTab {...props} />;
    case 'input': return <Inputs {...props} />;
    case 'output': return <Outputs {...props} />;
    case 'notifications': return <Told {...props} findings={findings} />;
    case 'yaml': return <YamlTab {...props} line={line} />;
    case 'executions': return <Runs id={String(draft.id)} />;
    default: return <Model draft={draft} change={change} readOnly={readOnly} findings={findings} />;
    }
}

const asked = (saved: boolean): Tab => {
    const tab = query().get('tab') as Tab;
    return TABS.includes(tab) && (saved || tab !== 'executions') ? tab : 'model';
};

/* What stands between the tabs and their contents: why one cannot be left, what was found, what somebody else did. */
function Notices({ editing }: { editing: Editing }) {
    const { findings, setFindings, problem, said, stayed, theirs } = editing;
    const open = (f: Finding) => {
        const tab = tabOf(f.pointer);
        if (tab === 'yaml') editing.goTo(f.line ?? 1, f.column ?? 1);
        editing.leaveTab(() => setQuery('tab', tab));
    };
    return (
        <>
            {theirs.notice}
            {stayed && <p class="notice" role="alert">{stayed}</p>}
            <Trouble problem={problem} />
            {said && <p class="notice done" role="status">{said}</p>}
            {findings && <Findings of={findings} open={open} close={() => setFindings(null)} />}
            {editing.readOnly && <p class="notice info">{t('readOnlyHere')}</p>}
        </>
    );
}

function Editor({ saved, gone }: { saved: Saved | null; gone: boolean }) {
    const editing = useEditing(saved, gone, () => newPipeline(query().get('from') === 'docker' ? 'docker' : 'blank', firstProject()));
    const tab = asked(editing.saved !== null), judged = useRef({ findings: editing.findings, draft: editing.draft });
    if (judged.current.findings !== editing.findings) judged.current = { findings: editing.findings, draft: editing.draft };
    const tabs = TABS.filter((name) => name !== 'executions' || editing.saved);
    return (
        <div class="pipeline-page">
            <p class="crumbs"><a href="/pipelines">{t('pipelines')}</a></p>
            <Header editing={editing} />
            <General editing={editing} />
            <div class="tabs" role="tablist" aria-label={editing.draft.name || t('newPipeline')}>{tabs.map((name) => (
                <button key={name} type="button" role="tab" id={`tab-${name}`} aria-controls="tab-panel" aria-selected={tab === name} onClick={() => { if (name !== tab) editing.leaveTab(() => setQuery('tab', name)); }}>{t(name)}</button>))}</div>
            <Notices editing={editing} />
            <div role="tabpanel" id="tab-panel" aria-labelledby={`tab-${tab}`} class="stack"><Body key={tab} tab={tab} editing={editing} findings={stillSo(editing.findings ?? [], judged.current.draft, editing.draft)} /></div>
            <Windows editing={editing} />
        </div>
    );
}

export default function PipelinePage({ id = '' }: Parts) {
    const { data, problem, reload } = useLoaded<Saved | null>(`pipeline ${id}`, ['pipelines'],
        (s) => (id ? call<Saved>('GET', `${P}/pipelines/${encodeURIComponent(id)}`, undefined, s) : Promise.resolve(null)));
    if (id && !data) return problem ? <><Head title={t('pipeline')} /><Trouble problem={problem} retry={reload} /></> : <Loading />;
    return <Editor saved={data} gone={problem?.status === 404} />;
}
