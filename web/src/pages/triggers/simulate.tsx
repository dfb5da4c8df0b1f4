/* What would a push do? Which webhooks fire, which inputs, which YAML, what would change on the cluster. Nothing is stored. */
import './triggers.css';
import { useEffect, useState } from 'preact/hooks';
import { P, call } from '../../api';
import { Choice, Empty, Field, Head, Patch, Text, Trouble, useAction } from '../../parts';
import { firstProject, mayDevelopIn, projects } from '../../projects';
import { query } from '../../router';
import { t } from '../../texts';

interface SimulatedTask {
    task: string; type: string; action?: string; cluster?: string; yaml?: string; condition?: string; notSimulated?: string; problem?: string; notes?: string[];
    objects?: { object: string; would: string; diff?: string }[];
}
interface Trigger {
    webhook: string; pipeline?: string; push?: string; rule: string; why: string; fires: boolean; held?: string; waits?: string; runAs?: string; digest?: string; confirm?: string;
    inputs?: Record<string, { value: unknown; from: string }>; tasks?: SimulatedTask[];
}
interface Answer { fires: number; triggers: Trigger[]; notes: string[] }

type Source = 'image' | 'body' | 'event' | 'delivery';
const HANDED = 'slipway.simulate'; /* a body that another page hands over */

function Task({ task }: { task: SimulatedTask }) {
    return (
        <li class="panel">
            <div class="panel-head"><h3>{task.task}</h3><span class="chip">{[task.type, task.action].filter(Boolean).join(' · ')}</span>{task.cluster && <small><bdi>{task.cluster}</bdi></small>}</div>
            {task.condition && <p class="faint">{t('simulateCondition')}: <code>{task.condition}</code></p>}
            {task.notSimulated && <p class="notice">{task.notSimulated}</p>}
            {task.problem && <p class="trouble">{task.problem}</p>}
            {task.notes?.map((note, i) => <p key={i} class="faint">{note}</p>)}
            {task.objects?.map((object, i) => <div key={i} class="stack"><p><strong>{object.object}</strong>: {object.would}</p>{object.diff && <Patch text={object.diff} />}</div>)}
            {task.yaml && <details><summary>{t('simulateYaml')}</summary><pre tabIndex={0}>{task.yaml}</pre></details>}
        </li>
    );
}

function Fires({ trigger }: { trigger: Trigger }) {
    return (
        <section class="panel">
            <div class="panel-head"><span class="status good"><i aria-hidden="true" />{t('wouldFire')}</span><h2><bdi>{trigger.webhook}</bdi> → <bdi>{trigger.pipeline}</bdi></h2>
                <span class="faint">{trigger.push}{trigger.runAs && ` · ${t('withRightsOf', { name: trigger.runAs })}`}</span></div>
            {[trigger.held, trigger.waits].filter(Boolean).map((said) => <p key={said} class="notice"><bdi>{said}</bdi></p>)}
            {trigger.inputs && <dl class="values">{Object.entries(trigger.inputs).map(([name, input]) => (
                <div key={name}><dt>{name}</dt><dd><bdi>{typeof input.value === 'string' ? input.value || '–' : JSON.stringify(input.value)}</bdi> <small>{t(input.from === 'push' ? 'fromPush' : input.from === 'default' ? 'fromDefault' : 'fromWebhook')}</small></dd></div>))}</dl>}
            <ul class="stack">{trigger.tasks?.map((task) => <Task key={task.task} task={task} />)}</ul>
        </section>
    );
}

function Result({ answer }: { answer: Answer }) {
    const others = answer.triggers.filter((one) => !one.fires);
    return (
        <div class="stack" aria-live="polite">
            <p class={answer.fires ? 'notice done' : 'notice'}>{t(answer.fires === 1 ? 'firesOne' : 'firesMany', { n: answer.fires })}</p>
            {answer.notes.map((note, i) => <p key={i} class="notice">{note}</p>)}
            {answer.triggers.filter((one) => one.fires).map((one, i) => <Fires key={i} trigger={one} />)}
            {others.length > 0 && <section class="panel"><h2>{t('wouldNotFire')}</h2><ul class="trace">{others.map((one, i) => (
                <li key={i}><strong><bdi>{one.webhook}</bdi></strong><span class="chip">{one.rule}</span><p><bdi>{one.why}</bdi></p></li>))}</ul></section>}
        </div>
    );
}

export default function Simulate() {
    const handed = query().get('event') ? 'event' : query().get('delivery') ? 'delivery' : null;
    const [source, setSource] = useState<Source>(handed ?? (sessionStorage.getItem(HANDED) ? 'body' : 'image'));
    const [texts, setTexts] = useState<Record<Source, string>>(() => ({ image: query().get('image') ?? '', body: sessionStorage.getItem(HANDED) ?? '', event: query().get('event') ?? '', delivery: query().get('delivery') ?? '' }));
    const mine = mayDevelopIn();
    const [chosen, setProject] = useState(''), project = chosen || firstProject();
    const [answer, setAnswer] = useState<Answer | null>(null);
    const { busy, problem, run } = useAction();
    const text = texts[source], set = (value: string) => setTexts((all) => ({ ...all, [source]: value }));
    const ask = () => run(async () => {
        setAnswer(null);
        setAnswer(await call<Answer>('POST', `${P}/registry-simulations`, { [source]: text, diff: true, ...(source === 'image' || source === 'body' ? { project } : {}) }));
    });
    useEffect(() => { sessionStorage.removeItem(HANDED); if (text) ask(); }, []);
    if (projects.value.length && !mine.length) return <><Head title={t('simulate')} /><Empty title={t('simulateForbidden')} hint={t('simulateForbiddenHint')} /></>;
    return (
        <>
            <Head title={t('simulate')} />
            <p class="faint">{t('simulateHint')}</p>
            <form class="panel" onSubmit={(e) => { e.preventDefault(); ask(); }}>
                <div class="segments" role="group" aria-label={t('simulateWhat')}>{(['image', 'body', ...(handed ? [handed] : [])] as Source[]).map((name) => (
                    <button key={name} type="button" aria-pressed={source === name} onClick={() => setSource(name)}>{t(name === 'image' ? 'simulateImage' : name === 'body' ? 'simulateBody' : name === 'event' ? 'simulateEvent' : 'delivery')}</button>))}</div>
                {mine.length > 1 && !handed && <Field label={t('project')}><Choice value={project} set={setProject} options={mine.map((n) => [n, n])} /></Field>}
                {source === 'body' ? <Field label={t('simulateBody')} hint={t('simulateBodyHint')}><textarea class="code" rows={10} required spellcheck={false} value={text} onInput={(e) => set(e.currentTarget.value)} /></Field>
                    : <Field label={t(source === 'image' ? 'simulateImage' : 'simulateId')} hint={source === 'image' ? t('simulateImageHint') : undefined}><Text required autoFocus value={text} set={set} placeholder={source === 'image' ? 'acme/web:v1.2' : ''} /></Field>}
                <footer><button class="primary" disabled={busy}>{t(busy ? 'simulating' : 'simulate')}</button></footer>
                <Trouble problem={problem} />
            </form>
            {answer && <Result answer={answer} />}
        </>
    );
}
