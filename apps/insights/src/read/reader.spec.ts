import { describe } from 'vitest';
import { readerContract } from './reader.contract.ts';
import { World } from './testing/world.ts';

describe('on the embedded stores', () => readerContract(() => World.start()));
