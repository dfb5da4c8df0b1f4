/* What runs where: each container that a Kubernetes task put on a cluster, and what brought it. */
import './deployments.css';
import { filterOf } from '../../api';
import { shownText, useList } from '../../listing';
import { pageOf } from '../../model';
import { Choice, Copy, Empty, Head, Loading, Text, Time, Trouble } from '../../parts';
import { projects } from '../../projects';
import { query, setQuery } from '../../router';
import { t, type TextKey } from '../../texts';
import { Windowed } from '../../windowed';

interface Deployment {
    id: string; project: string; endpoint: string; namespace: string; kind: string; name: string; container: string; init: boolean; image: string; digest: string; status: string; message: string;
    _sinceInMicros: number; task: string; executionName: string; executionIndex: number; executionLink?: string; webhook: string; eventLink?: string;
    previousImage: string; previousDigest: string; _previousSinceInMicros?: number; previousExecutionName?: string; previousExecutionIndex?: number; previousExecutionLink?: string;
}

const STATES: Record<string, { tone: string; text: TextKey }> = { ROLLED_OUT: { tone: 'good', text: 'rolledOut' }, APPLIED: { tone: 'busy', text: 'appliedOnly' }, FAILED: { tone: 'bad', text: 'rolloutFailed' } };

function Run({ name, index, link }: { name: string; index: number; link?: string }) {
    return link ? <a href={pageOf(link)}>{name} #{index}</a> : <span>{name} #{index}</span>;
}

function Row({ one }: { one: Deployment }) {
    const state = STATES[one.status];
    return (
        <div class="line deployment-line">
            <span class={`status ${state?.tone ?? 'quiet'}`}><i aria-hidden="true" />{state ? t(state.text) : one.status}</span>
            <span class="what"><strong><bdi>{one.image}</bdi></strong>
                <small>{one.digest ? <><code title={one.digest}>{one.digest.slice(7, 19)}…</code> <Copy quiet text={one.digest} label={t('copyDigest')} /></> : t('notPinned')}</small></span>
            <span class="what place"><strong><bdi>{one.endpoint}</bdi></strong><small><bdi>{one.namespace} › {one.kind} {one.name}{one.container !== one.name && ` › ${one.container}`}</bdi></small></span>
            <span class="whom"><span><Run name={one.executionName} index={one.executionIndex} link={one.executionLink} /></span>
                <small>{one.webhook ? <a href={`/triggers/docker/activity?webhook=${encodeURIComponent(one.webhook)}`}>{t('pushOf', { name: one.webhook })}</a> : t('noPush')}</small></span>
            <span class="whom before">{one.previousImage ? <><small>{t('before')}: <bdi>{one.previousImage}</bdi> {one.previousExecutionName && <>(<Run name={one.previousExecutionName} index={one.previousExecutionIndex ?? 0} link={one.previousExecutionLink} />)</>}</small></>
                : <small>{t('firstHere')}</small>}</span>
            <span class="when"><Time at={one._sinceInMicros} /></span>
            {one.message && <p class="bad message">{one.message}</p>}
        </div>
    );
}

export default function Deployments() {
    const q = query();
    const search = q.get('search') ?? '', project = q.get('project') ?? '', status = q.get('status') ?? '', endpoint = q.get('endpoint') ?? '', namespace = q.get('namespace') ?? '';
    const { data, problem, reload, more, see, newer, toTop } = useList<Deployment>('/deployments', { $filter: filterOf({ project, status, endpoint, namespace }), search }, ['deployments']);
    const filtered = search || project || status || endpoint || namespace;
    const narrowed = ([['endpoint', endpoint], ['namespace', namespace]] as const).filter(([, value]) => value);
    return (
        <>
            <Head title={t('deployments')} />
            <div class="filters" role="search">
                <Text type="search" aria-label={t('search')} placeholder={t('search')} value={search} set={(v) => setQuery('search', v)} />
                <Choice aria-label={t('status')} value={status} set={(v) => setQuery('status', v)} options={[['', `${t('status')}: ${t('all')}`], ...Object.entries(STATES).map(([key, { text }]) => [key, t(text)] as const)]} />
                {projects.value.length > 1 && <Choice aria-label={t('project')} value={project} set={(v) => setQuery('project', v)} options={[['', `${t('project')}: ${t('all')}`], ...projects.value.map((p) => [p, p] as const)]} />}
                {narrowed.map(([name, value]) => <button key={name} type="button" class="chip" onClick={() => setQuery(name, '')}>{value} ✕</button>)}
                {data && <span class="faint count" aria-live="polite">{shownText(data)}</span>}
            </div>
            <Trouble problem={problem} retry={reload} />
            {!data && !problem && <Loading />}
            {data && !data.rows.length && <Empty title={t(filtered ? 'nothingFits' : 'noDeployments')} hint={t(filtered ? 'nothingFitsHint' : 'noDeploymentsHint')} />}
            {data && data.rows.length > 0 && <Windowed rows={data.rows} keyOf={(one) => one.id} label={t('deployments')} estimate={72} see={see} more={more} newer={newer} toTop={toTop}>{(one) => <Row one={one} />}</Windowed>}
        </>
    );
}
