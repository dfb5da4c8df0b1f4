/* One webhook: what it listens for, how it stands at Docker Hub, what it did last. */
import { P, call, may } from '../../api';
import { type Hold, type Webhook, pageOf } from '../../model';
import { Copy, Menu, Time, Toggle, Trouble, useAction } from '../../parts';
import { go } from '../../router';
import { t, type TextKey } from '../../texts';
import { verdictOf } from './verdict';

const HUB: Record<string, { tone: string; text: TextKey }> = {
    registered: { tone: 'good', text: 'hubRegistered' }, failed: { tone: 'bad', text: 'hubFailed' }, failing: { tone: 'bad', text: 'hubFailed' }, pending: { tone: 'busy', text: 'hubPending' }, manual: { tone: 'quiet', text: 'hubManual' },
};
const SWEEP: Record<string, { tone: string; text: TextKey }> = {
    on: { tone: 'good', text: 'on' }, baseline: { tone: 'busy', text: 'sweepBaseline' }, failing: { tone: 'bad', text: 'sweepFailing' }, impossible: { tone: 'wait', text: 'sweepImpossible' }, off: { tone: 'quiet', text: 'off' },
};

export const urlOf = (id: string) => async () => (await call<Webhook>('GET', `${P}/registry-webhooks/${id}`)).webhookUrl ?? '';

function Standing({ label, state, message, words }: { label: string; state: string; message: string; words: Record<string, { tone: string; text: TextKey }> }) {
    const known = words[state];
    return <div><dt>{label}</dt><dd><span class={`status ${known?.tone ?? 'wait'}`}><i aria-hidden="true" />{known ? t(known.text) : state}</span>{message && <small>{message}</small>}</dd></div>;
}

/* Why it holds, what runs meanwhile, and the way out. */
function Held({ of, waits, release, busy }: { of: Hold; waits: string; release: (() => void) | null; busy: boolean }) {
    return (
        <div class="trouble hold" role="status">
            <p><strong><bdi>{t('holdFailed', { image: `${of.imageName}:${of.tag}` })}</bdi></strong> <a href={pageOf(of.executionLink)}>{of.name} #{of.executionIndex}</a> <small><Time at={of._sinceInMicros} /></small></p>
            <p><bdi>{of.reason}</bdi></p>
            <p><bdi>{of.outcome || t('holdUndoing')}</bdi></p>
            <p class="faint">{t('holdHint')}</p>
            <div class="actions">{release && <button type="button" disabled={busy} onClick={release}>{t('holdRelease')}</button>}{of.waiting > 0 && <a href={waits}>{t('holdWaiting', { n: of.waiting })}</a>}</div>
        </div>
    );
}

interface Props { webhook: Webhook; edit: () => void; clone: () => void; remove: () => void; check: () => void; rotate: () => void }

export function WebhookCard({ webhook: w, edit, clone, remove, check, rotate }: Props) {
    const { busy, problem, run } = useAction();
    const mine = may('develop', w.project), activity = `/triggers/docker/activity?webhook=${encodeURIComponent(w.name)}`, last = w.lastDelivery;
    const register = () => run(() => call('POST', `${P}/registry-webhooks/${w.id}?action=register`, {}));
    const release = () => run(() => call('POST', `${P}/registry-webhooks/${w.id}?action=release`, {}));
    return (
        <li class={w.enabled ? 'card' : 'card dimmed'}>
            <header><h2>{w.name}</h2>
                {mine ? <Toggle on={w.enabled} disabled={busy} label={t(w.enabled ? 'enabled' : 'disabled')} set={(enabled) => run(() => call('PATCH', `${P}/registry-webhooks/${w.id}`, { enabled }))} />
                    : <span class="chip">{t(w.enabled ? 'enabled' : 'disabled')}</span>}</header>
            {w.description && <p class="faint">{w.description}</p>}
            <p class="route"><code>{w.imageNameRegExPattern || w.repoName || '.*'}<span class="tag">{w.tagNamePattern || t('anyTag')}</span></code>
                <span aria-hidden="true">→</span><strong>{w.pipeline}</strong></p>
            <dl class="standing">
                <Standing label={t('hub')} state={w.dockerHub.state} message={w.dockerHub.state === 'registered' ? '' : w.dockerHub.message} words={HUB} />
                <Standing label={t('sweepShort')} state={w.sweepStatus.state} message={w.sweepStatus.within ?? w.sweepStatus.message} words={SWEEP} />
                <div><dt>{t('lastDelivery')}</dt><dd>{last ? <span><bdi>{last.recognised || last.problem || t(verdictOf(last)[0])}</bdi> <small><Time at={last._atInMicros} /></small></span> : <small>{t('noDeliveryYet')}</small>}</dd></div>
            </dl>
            {w.warnings?.map((warning, i) => <p key={i} class="notice">{warning}</p>)}
            {w.holds.map((hold) => <Held key={hold.imageName} of={hold} waits={`${activity}&status=HELD`} release={mine ? release : null} busy={busy} />)}
            {w.heldEvents > 0 && !w.holds.length && <p class="notice"><a href={`${activity}&status=HELD`}>{t('held', { n: w.heldEvents })}</a></p>}
            <Trouble problem={problem} />
            <footer><span class="faint">{w.project} · {w.endpoint}</span><a href={activity}>{t('activity')}</a>
                {mine && <><Copy quiet text={urlOf(w.id)} label={t('copyUrl')} />
                    <Menu label={`${t('moreActions')}: ${w.name}`} items={[{ text: t('edit'), act: edit }, { text: t('check'), act: check }, { text: t('listenFor'), act: () => go(`/triggers/docker/webhooks/${w.id}/listen`) },
                        w.registration === 'automatic' && w.serverType === 'dockerhub' && { text: t('registerNow'), act: register, disabled: busy }, { text: t('rotate'), act: rotate }, { text: t('clone'), act: clone },
                        { text: t('remove'), act: remove, bad: true }]} /></>}</footer>
        </li>
    );
}
