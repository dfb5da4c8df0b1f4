/* "Of the last hour, day, week": a filter that several lists have. It stands in the address as since=24h. */
import { useMemo } from 'preact/hooks';
import { Choice } from './parts';
import { query, setQuery } from './router';
import { t } from './texts';

const HOURS: Record<string, number> = { '1h': 1, '24h': 24, '7d': 168 };

/* The condition on a column of microseconds; "": no such filter. The time is counted back from when it was chosen, so that the list stays the same
 * list while it is read. */
export function useSince(column: string): string {
    const chosen = query().get('since') ?? '';
    return useMemo(() => (HOURS[chosen] ? `(${column} ge ${(Date.now() - HOURS[chosen] * 3_600_000) * 1000})` : ''), [chosen]);
}

export const Since = () => <Choice aria-label={t('time')} value={query().get('since') ?? ''} set={(v) => setQuery('since', v)}
    options={[['', `${t('time')}: ${t('all')}`], ['1h', t('lastHour')], ['24h', t('lastDay')], ['7d', t('lastWeek')]]} />;
