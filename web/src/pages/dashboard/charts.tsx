/* The dashboard's charts, loaded when there is something to draw. */
import { useMemo } from 'preact/hooks';
import { durationText, t } from '../../texts';
import { Chart } from './chart';
import type { Summary } from './dashboard';

export default function Charts({ summary }: { summary: Summary }) {
    const days = useMemo(() => {
        const at = summary.days.map((d) => Date.parse(`${d.day}T12:00:00Z`) / 1000);
        return { at, series: [{ label: t('tileCompleted'), color: '--good', values: summary.days.map((d) => d.completed + d.failed || null) }, { label: t('tileFailed'), color: '--bad', values: summary.days.map((d) => d.failed || null) }] }; /* null: nothing is drawn, not even a line of no height */
    }, [summary]);
    const deploys = useMemo(() => {
        const done = summary.deploys.filter((d) => d.status === 'COMPLETED').reverse();
        return { at: done.map((d) => d._atInMicros / 1e6), series: [{ label: t('timeToDeploy'), color: '--brand', values: done.map((d) => d.seconds), points: true }] };
    }, [summary]);
    return (
        <div class="charts">
            <figure class="panel"><figcaption><h2>{t('runsByDay')}</h2><p class="legend"><span class="good">{t('chartDone')}</span><span class="bad">{t('chartFailed')}</span></p></figcaption>
                <Chart bars label={summary.days.map((d) => t('chartDay', { day: d.day, done: d.completed, failed: d.failed })).join('; ')} {...days} /></figure>
            {deploys.at.length > 0 && <figure class="panel"><figcaption><h2>{t('deploysTitle')}</h2></figcaption>
                <Chart label={t('chartDeploys', { n: deploys.at.length })} unit={(s) => durationText(s * 1e6)} {...deploys} /></figure>}
        </div>
    );
}
