import { Head } from '../../parts';
import { t } from '../../texts';

export default function Deployments() {
    return <Head title={t('deployments')} />;
}
