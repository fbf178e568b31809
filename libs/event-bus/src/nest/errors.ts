import type { RpcExceptionFilter } from '@nestjs/common';
import { throwError } from 'rxjs';

/** For `useGlobalFilters`: what a handler throws comes to the bus as it is. Nest's own filter makes `Internal server error` of it, for callers that are not here. */
export const ERRORS_AS_THEY_ARE: RpcExceptionFilter = { catch: (error: unknown) => throwError(() => error) };
