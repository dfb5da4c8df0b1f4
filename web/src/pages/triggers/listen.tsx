/* Waits for the first delivery to a webhook, and shows what was recognised in it. */
import { P, call } from '../../api';
import type { Parts } from '../../lazy';
import { useLoaded } from '../../loading';
import type { Webhook } from '../../model';
import { Copy, Head, Loading, Status, Time, Trouble, Values } from '../../parts';
import { t } from '../../texts';
import { verdictOf } from './verdict';

const BUTTONS = { dockerhub: 'listenAtHub', distribution: 'listenAtDistribution' } as const;

export default function Listen({ id = '' }: Parts) {
    const { data: w, problem, reload } = useLoaded<Webhook>(`listen ${id}`, ['webhooks', 'deliveries', 'events'], (s) => call('GET', `${P}/registry-webhooks/${encodeURIComponent(id)}`, undefined, s));
    if (!w) return problem ? <><Head title={t('listenFor')} /><Trouble problem={problem} retry={reload} /></> : <Loading />;
    const last = w.lastDelivery;
    return (
        <>
            <p class="crumbs"><a href="/triggers/docker/webhooks">{t('webhooks')}</a></p>
            <Head title={w.name} />
            <section class="panel" aria-live="polite">
                {!last ? <><div class="panel-head"><Status is="WAITING" /><h2>{t('listening')}</h2></div><p class="faint">{t(w.serverType === 'dockerhub' ? BUTTONS.dockerhub : BUTTONS.distribution)}</p></>
                    : <><div class="panel-head"><Status is={last.verdict === 'accepted' ? 'COMPLETED' : 'FAILED'} /><h2>{t(last.verdict === 'accepted' ? 'heard' : 'heardWrong')}</h2><Time at={last._atInMicros} /></div>
                        <Values of={{ ...(last.recognised ? { [t('recognised')]: last.recognised } : {}), [t('verdict')]: t(verdictOf(last)[0]), ...(last.problem ? { [t('message')]: last.problem } : {}) }} />
                        <p><a href={`/triggers/docker/activity?webhook=${encodeURIComponent(w.name)}`}>{t('activity')}</a></p></>}
            </section>
            {w.webhookUrl && <section class="panel"><h2>{t('webhookUrlTitle')}</h2><div class="secret"><code>{w.webhookUrl}</code><Copy text={w.webhookUrl} /></div><p class="faint">{t('savedUrlHint')}</p></section>}
        </>
    );
}
