/* All pipelines: how each of them went lately, and what can be done with it. */
import './pipelines.css';
import { useState } from 'preact/hooks';
import { P, call, filterOf, may } from '../../api';
import { shownText, useList } from '../../listing';
import { Choice, Confirm, Empty, Head, Loading, Menu, Text, Toggle, Trouble, tone, useAction } from '../../parts';
import { mayDevelopIn, projects } from '../../projects';
import { go, query, setQuery } from '../../router';
import { statusText, t, timeText } from '../../texts';
import { type Brief, isDraft } from './brief';
import { download } from './definition';
import { ImportWindow } from './importing';
import { CloneWindow, NewWindow } from './making';
import { RunWindow } from './running';

/* The newest on the right, as time is read. */
function LastRuns({ of }: { of: Brief }) {
    if (!of._lastRuns.length) return <span class="runs faint">{t('neverRan')}</span>;
    return (
        <span class="runs" role="group" aria-label={t('lastRuns')}>{[...of._lastRuns].reverse().map((run) => {
            const said = t('runTitle', { n: run.index, status: statusText(run.status), time: timeText(run._requestTimeInMicros) });
            return <a key={run.id} class={tone(run.status)} href={`/executions/${run.id}`} title={said} aria-label={said}><i /></a>;
        })}</span>
    );
}

function State({ of }: { of: Brief }) {
    const { busy, problem, run } = useAction();
    const label = of.state === 'RELEASED' ? t('stateReleased') : of.enabled ? t('enabled') : isDraft(of) ? t('stateDraft') : t('disabled');
    return (
        <span class="pipeline-state"><Toggle on={of.enabled} disabled={busy || !may('develop', of.project)} label={label}
            set={(enabled) => run(() => call('PATCH', `${P}/pipelines/${of.id}`, { enabled }))} />
            {problem && <small class="wrong-text" role="alert">{problem.message} <a href={`/pipelines/${of.id}?check=1`}>{t('edit')}</a></small>}</span>
    );
}

type Wish = { what: 'run' | 'clone' | 'delete'; of: Brief };

function Row({ of, wish, say }: { of: Brief; wish: (wish: Wish) => void; say: (error: unknown) => void }) {
    const develops = may('develop', of.project);
    return (
        <li class="row"><div class="line pipeline-line">
            <span class="what"><strong><a class="opening" href={`/pipelines/${of.id}`}>{of.name}</a></strong><small>{of.description || t('stages', { n: of._stageCount, m: of._taskCount })}</small></span>
            <LastRuns of={of} />
            <span class="whom"><small>{of.project}</small>{of.description && <small>{t('stages', { n: of._stageCount, m: of._taskCount })}</small>}</span>
            <State of={of} />
            <span class="pipeline-acts">
                {may('execute', of.project) && <button type="button" disabled={!of.enabled} title={of.enabled ? '' : t('mustEnable')} aria-label={t('runPipeline', { name: of.name })} onClick={() => wish({ what: 'run', of })}>{t('run')}</button>}
                <Menu label={`${t('moreActions')}: ${of.name}`} items={[
                    { text: t(develops ? 'edit' : 'model'), act: () => go(`/pipelines/${of.id}`) },
                    develops && { text: t('clone'), act: () => wish({ what: 'clone', of }) },
                    { text: t('exportYaml'), act: () => void download(of).catch(say) },
                    develops && { text: t('remove'), bad: true, act: () => wish({ what: 'delete', of }) }]} />
            </span>
        </div></li>
    );
}

const STATES = ['ENABLED', 'DISABLED', 'RELEASED'];
const stateText = (state: string) => t(state === 'ENABLED' ? 'enabled' : state === 'DISABLED' ? 'disabled' : 'stateReleased');

function Filters({ shown }: { shown: string }) {
    const q = query();
    return (
        <div class="filters" role="search">
            <Text type="search" aria-label={t('search')} placeholder={t('search')} value={q.get('search') ?? ''} set={(v) => setQuery('search', v)} />
            {projects.value.length > 1 && <Choice aria-label={t('project')} value={q.get('project') ?? ''} set={(v) => setQuery('project', v)}
                options={[['', `${t('project')}: ${t('all')}`], ...projects.value.map((p) => [p, p] as const)]} />}
            <Choice aria-label={t('state')} value={q.get('state') ?? ''} set={(v) => setQuery('state', v)} options={[['', `${t('state')}: ${t('all')}`], ...STATES.map((s) => [s, stateText(s)] as const)]} />
            <span class="faint count" aria-live="polite">{shown}</span>
        </div>
    );
}

export default function Pipelines() {
    const q = query();
    const search = q.get('search') ?? '', project = q.get('project') ?? '', state = q.get('state') ?? '';
    const { data, problem, reload, more } = useList<Brief>('/pipelines', { view: 'brief', $orderby: 'name asc', $filter: filterOf({ project, state }), search }, ['pipelines', 'executions']);
    const [wished, wish] = useState<Wish | null>(null), [making, make] = useState<'new' | 'import' | null>(null);
    const { problem: failed, run } = useAction();
    const filtered = search || project || state, develops = mayDevelopIn().length > 0;
    const create = develops && <><button type="button" onClick={() => make('import')}>{t('newImport')}</button><button type="button" class="primary" onClick={() => make('new')}>{t('newPipeline')}</button></>;
    const done = () => { wish(null); make(null); reload(); };
    return (
        <>
            <Head title={t('pipelines')}>{(filtered || (data && data.rows.length > 0)) && create}</Head>
            {(filtered || (data && data.rows.length > 0)) && <Filters shown={data ? shownText(data) : ''} />}
            <Trouble problem={problem} retry={reload} />
            <Trouble problem={failed} />
            {!data && !problem && <Loading />}
            {data && !data.rows.length && <Empty title={t(filtered ? 'nothingFits' : 'noPipelines')} hint={t(filtered ? 'nothingFitsHint' : 'noPipelinesHint')}>{!filtered && <div class="actions">{create}</div>}</Empty>}
            {data && data.rows.length > 0 && <ul class="rows pipeline-rows">{data.rows.map((p) => <Row key={p.id} of={p} wish={wish} say={(error) => run(() => Promise.reject(error))} />)}</ul>}
            {more && <button type="button" class="more" onClick={more}>{t('more')}</button>}
            {making === 'new' && <NewWindow close={() => make(null)} imports={() => make('import')} />}
            {making === 'import' && <ImportWindow close={done} />}
            {wished?.what === 'run' && <RunWindow of={wished.of} close={done} />}
            {wished?.what === 'clone' && <CloneWindow of={wished.of} close={done} />}
            {wished?.what === 'delete' && <Confirm title={t('deleteAsk', { name: wished.of.name })} hint={t('deletePipelineHint')} word={t('remove')} close={done} act={() => call('DELETE', `${P}/pipelines/${wished.of.id}`)} />}
        </>
    );
}
