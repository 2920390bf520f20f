// The operator's proxy as the variables name it, for everything that may go through it.

import type { Config } from '../config/variables.ts';
import type { ProxySettings } from '../outbound/proxy/proxy-rules.ts';

export const proxySettingsOf = ({ HTTP_PROXY, HTTPS_PROXY, NO_PROXY }: Config): ProxySettings => ({
  http: HTTP_PROXY,
  https: HTTPS_PROXY,
  except: NO_PROXY,
});
