// A tab that is a device: ?server=<address>&trust=<identity>
import { device } from 'spikelet/devices';

const parameters = new URLSearchParams(location.search);
const servers = parameters.get('server');
if (servers !== null) {
  const trust = [parameters.get('trust') ?? ''];
  const own = await device({ servers, trust, memory: 256e6, name: 'tab' });
  document.title = 'there';
  document.addEventListener('click', () => void own.close());
  await own.closed;
  document.title = `left after ${own.items} items`;
}
