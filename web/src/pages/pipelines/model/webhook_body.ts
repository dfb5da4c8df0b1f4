/* Is this text what a registry sends to a webhook? The manual shows such a body where a definition for the cluster belongs. */
export function webhookBody(text: string): string | null {
    if (!/^\s*\{/.test(text) || !text.includes('push_data')) return null;
    try {
        const body = JSON.parse(text) as { push_data?: { tag?: unknown }; repository?: { repo_name?: unknown; namespace?: unknown; name?: unknown } };
        if (!body.push_data || !body.repository) return null;
        const name = body.repository.repo_name ?? [body.repository.namespace, body.repository.name].filter(Boolean).join('/');
        return [String(name || '?'), String(body.push_data.tag ?? '?')].join(':');
    } catch {
        return /"push_data"\s*:/.test(text) && /"repository"\s*:/.test(text) ? '?' : null; /* the manual's own example is no valid JSON */
    }
}
