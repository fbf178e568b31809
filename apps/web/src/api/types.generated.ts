// Written by apps/web/gen.mjs from apps/api/openapi.json; do not edit.
export interface paths {
    "/v1/services": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Services seen in the range, with errors and time to first byte */
        get: operations["listServices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/request-patterns": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How often each kind of request was made, and how that compares with the range before */
        get: operations["listRequestPatterns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/failures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Failed requests: status 400 and above, or no whole response */
        get: operations["listFailures"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/clients": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who was answered what: clients of services with their statuses (role server) */
        get: operations["listClients"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/latency": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Latency over time: time to first byte and total time */
        get: operations["listLatency"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/headers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Header fields: how often present, how many distinct values, how many bytes */
        get: operations["listHeaders"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/exchanges": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Kept samples of exchanges, newest first: not all exchanges, but for each request pattern its failed, slow or good ones */
        get: operations["listExchanges"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleet/agents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Agents of the fleet: what they capture, what they lost, how far behind they are */
        get: operations["listAgents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/alerts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Alerts that were open at any time in the range: open ones first, then by severity, then the newest
         * @description Alerts about hosts need the scope `fleet:read` and are not shown to a token narrowed to services, which sees those of its services only.
         */
        get: operations["listAlerts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/alert-rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The alert rules in force, with how often they fired */
        get: operations["listAlertRules"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/alert-rules/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * When a rule would have opened and resolved, and for what: changes nothing
         * @description Over at most 24 hours of closed windows. Rules about hosts (`agent_silent`, `capture_incomplete`) need the scope `fleet:read`.
         */
        post: operations["previewAlertRule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/mutes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Mutes and maintenance windows: in force, planned, and ended in the last 7 days */
        get: operations["listMutes"];
        put?: never;
        /**
         * Keeps alerts that match from being delivered for a while, now or later (a maintenance window)
         * @description Alerts are recorded, published and shown all the same. At most 30 days long and 500 in all. A token narrowed to services mutes those only.
         */
        post: operations["createMute"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/mutes/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One mute */
        get: operations["getMute"];
        put?: never;
        post?: never;
        /** Ends a mute, or calls maintenance off */
        delete: operations["deleteMute"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/insights": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Insights: what stood out in a window, by rules and by a model; the newest first
         * @description Insights on hosts (with the scope `fleet:read`) and on the fleet are for tokens that are not narrowed to services; such a token sees those on its services.
         */
        get: operations["listInsights"];
        put?: never;
        /**
         * Asks for an insight on a service, a host or the fleet
         * @description It is made by `apps/insights`; follow `links.events`, or ask for `Location` again. Whole minutes are looked at: start is floored, end is ceiled, and what is not closed yet (about 40 s) is left out; 24 hours at most. The same subject and window give the same insight: asked again while it is made, or when it is done, nothing is made anew; one that failed is. Findings are in the answer with the scope `insights:read` only. Ten requests a minute and client. A token narrowed to services asks about those only; about hosts the scope `fleet:read` is needed.
         */
        post: operations["createInsight"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/insights/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One insight
         * @description Insights on hosts (with the scope `fleet:read`) and on the fleet are for tokens that are not narrowed to services; such a token sees those on its services.
         */
        get: operations["getInsight"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/insights/{id}/sent": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was sent to the AI gateway for an insight, to the byte, and what came back
         * @description Who reads it is written to the log of the API. A token that may not see everything that the input names is refused.
         */
        get: operations["getInsightSent"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/insights/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The insight as server-sent events: one now, one for every revision, and the end when no more is to come
         * @description Event `insight`, its id the revision, its data the insight as JSON. A comment every 15 s keeps the connection. The stream ends with the token; an EventSource then comes back with `Last-Event-ID` and is told 204 when nothing more is to come. Ten streams a client and person.
         */
        get: operations["streamInsight"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/insight-gateway": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How asking the model is doing: gateway, breaker, queue, budget */
        get: operations["getInsightGateway"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The fleet's series for Prometheus: text format 0.0.4, or OpenMetrics where Accept asks for it. Hosts' series need fleet:read too. */
        get: operations["scrapeSeries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The process answers */
        get: operations["health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the API needs is there */
        get: operations["ready"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Counters of the API itself, for Prometheus */
        get: operations["metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document */
        get: operations["openapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/.well-known/oauth-protected-resource": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Which authorization servers and scopes this API takes (RFC 9728) */
        get: operations["resourceMetadata"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/.well-known/oauth-protected-resource/{path}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The same, where the resource identifier has a path */
        get: operations["resourceMetadataOfPath"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bff/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is signed in at this browser, and what they may see */
        get: operations["session"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bff/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ends the session; with the header X-Headwater-CSRF: 1 */
        post: operations["logout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Service: {
            service: string;
            /** @enum {string} */
            role: "server" | "client";
            exchanges: number;
            /** @description exchanges over the length of the range */
            rate_per_s: number;
            /** @description Status 400 to 499. */
            client_errors: number;
            /** @description Status 500 and above. */
            server_errors: number;
            /** @description No whole response (error.type) and no status of 400 or above. */
            transport_errors: number;
            /** @description Server and transport errors over exchanges; client errors are apart. */
            error_ratio: number;
            /** @description Error ratio of the last 5 minutes of the range over what the objective allows (1 - slo): above 1 the budget is being overspent. null when nothing happened then. */
            burn_rate: number | null;
            /** @description exchanges / exchanges in the range of the same length before - 1; null when there were none. */
            trend: number | null;
            /** @description The same against the same range a day earlier. */
            trend_day: number | null;
            ttfb_ms: {
                /** @description Milliseconds, within 1 %; null when no exchange had one. */
                p50: number | null;
                /** @description Milliseconds, within 1 %; null when no exchange had one. */
                p95: number | null;
                /** @description Milliseconds, within 1 %; null when no exchange had one. */
                p99: number | null;
            };
            /** @description The usual rate. With `view=baseline` or `sort=deviation`; median and spread (median absolute deviation) are those of hours, so that one bad hour does not move them. null: too little is known. */
            expected?: {
                median_per_s: number;
                /** @description Three standard deviations below the median, the chance of a range this short included. */
                low_per_s: number;
                high_per_s: number;
                /**
                 * @description What it rests on: the 24 whole hours before the range, the same hours of the 7 days before (whichever of the two explains the figure better), or, where neither is held, the 60 minutes before.
                 * @enum {string}
                 */
                basis: "last_24_hours" | "same_hours_of_7_days" | "last_60_minutes";
                /** @description Hours that were watched and count. */
                hours: number;
            } | null;
            /** @description By how many standard deviations the range is off: 3 and more is unusual. null: too little is known. */
            deviation?: number | null;
            /** @description With `view=series`; one entry a step, all arrays equally long. */
            series?: {
                /** @description Start of each step. */
                t: string[];
                exchanges: number[];
                client_errors: number[];
                server_errors: number[];
                transport_errors: number[];
                ttfb_p50_ms: (number | null)[];
                ttfb_p99_ms: (number | null)[];
            };
        };
        RequestPattern: {
            service?: string;
            /** @enum {string} */
            role?: "server" | "client";
            /** @description As sent; `{other}` where a budget was spent. */
            method?: string;
            /** @description Route template; `{other}` where a budget was spent. */
            route?: string;
            /** @description Final status; 0 when there was no response. */
            status?: number;
            exchanges: number;
            /** @description exchanges over the length of the range */
            rate_per_s: number;
            /** @description exchanges / exchanges in the range of the same length before - 1; null when there were none. */
            trend: number | null;
            /** @description The same against the same range a day earlier. */
            trend_day: number | null;
            /** @description The usual rate. With `view=baseline` or `sort=deviation`; median and spread (median absolute deviation) are those of hours, so that one bad hour does not move them. null: too little is known. */
            expected?: {
                median_per_s: number;
                /** @description Three standard deviations below the median, the chance of a range this short included. */
                low_per_s: number;
                high_per_s: number;
                /**
                 * @description What it rests on: the 24 whole hours before the range, the same hours of the 7 days before (whichever of the two explains the figure better), or, where neither is held, the 60 minutes before.
                 * @enum {string}
                 */
                basis: "last_24_hours" | "same_hours_of_7_days" | "last_60_minutes";
                /** @description Hours that were watched and count. */
                hours: number;
            } | null;
            /** @description By how many standard deviations the range is off: 3 and more is unusual. null: too little is known. */
            deviation?: number | null;
            /**
             * @description `new`: not there in the 24 hours before; `vanished`: steady then, and not there now.
             * @enum {string}
             */
            change?: "new" | "vanished";
            /** @description false: where a budget was spent it may have been in `{other}`. */
            certain?: boolean;
            /** @description What the range would have had of one that vanished. */
            expected_exchanges?: number | null;
            /**
             * Format: date-time
             * @description Of one that is new.
             */
            first_seen?: string | null;
            /**
             * Format: date-time
             * @description Of one that vanished.
             */
            last_seen?: string | null;
            /** @description Status 400 to 499. */
            client_errors?: number;
            /** @description Status 500 and above. */
            server_errors?: number;
            /** @description No whole response (error.type) and no status of 400 or above. */
            transport_errors?: number;
            ttfb_ms?: {
                /** @description Milliseconds, within 1 %; null when no exchange had one. */
                p50: number | null;
                /** @description Milliseconds, within 1 %; null when no exchange had one. */
                p95: number | null;
                /** @description Milliseconds, within 1 %; null when no exchange had one. */
                p99: number | null;
            };
            total_ms?: {
                /** @description Milliseconds, within 1 %; null when no exchange had one. */
                p50: number | null;
                /** @description Milliseconds, within 1 %; null when no exchange had one. */
                p95: number | null;
                /** @description Milliseconds, within 1 %; null when no exchange had one. */
                p99: number | null;
            };
            /** @description Time spent: sum of the total times, ms. */
            total_ms_sum?: number;
            /** @description Bytes on the wire, of requests whose size is known. */
            request_bytes?: number;
            /** @description Bytes on the wire, of responses whose size is known. */
            response_bytes?: number;
            /** @description Long exchanges (streams, upgrades, tunnels, slow responses) that began in the range; they are in `exchanges`, and have no total time before their end. `begun - ended` more are in progress at the end of the range than at its start, but for ends that were lost. */
            begun?: number;
            /** @description Long exchanges whose end came in the range; their total times and bytes are in the figures. */
            ended?: number;
        };
        Failure: {
            service?: string;
            /** @enum {string} */
            role?: "server" | "client";
            /** @description As sent; `{other}` where a budget was spent. */
            method?: string;
            /** @description Route template; `{other}` where a budget was spent. */
            route?: string;
            /** @description Final status; 0 when there was no response. */
            status?: number;
            /** @description Why there was no whole response. */
            error_type?: string;
            /** @description Of all statuses, failed or not, with the same other keys: what the failures are a share of. */
            exchanges: number;
            /** @description Status 400 to 499. */
            client_errors: number;
            /** @description Status 500 and above. */
            server_errors: number;
            /** @description No whole response (error.type) and no status of 400 or above. */
            transport_errors: number;
            /** @description The three kinds of error over exchanges. */
            error_ratio: number;
            /** @description The same in the range of the same length before; null when there were no exchanges. */
            baseline_ratio: number | null;
            /** @description Failures beyond what the baseline would have given: failures - baseline_ratio x exchanges, not below 0; all failures where there is no baseline. */
            excess: number;
            /** @description Exchanges without a whole response, by error.type; those with an error status too. */
            error_types: {
                [key: string]: number;
            };
            /** @description Of `error_types`: nothing of the response was seen (status 0). */
            broken_before_response: number;
            /** @description Of `error_types`: the response had begun. */
            broken_within_response: number;
            /**
             * Format: date-time
             * @description First failure in the range, as exact as the windows that were read (10 s, 1 min or 1 h).
             */
            first_seen: string;
            /** @description With `view=baseline`: none of these failed in the 24 hours before. null: less than an hour before the range was watched. */
            new?: boolean | null;
            /** @description The usual share of failures. With `view=baseline` or `sort=deviation`; median and spread (median absolute deviation) are those of hours, so that one bad hour does not move them. null: too little is known. */
            expected?: {
                median_ratio: number;
                /** @description Three standard deviations below the median, the chance of a range this short included. */
                low_ratio: number;
                high_ratio: number;
                /**
                 * @description What it rests on: the 24 whole hours before the range, the same hours of the 7 days before (whichever of the two explains the figure better), or, where neither is held, the 60 minutes before.
                 * @enum {string}
                 */
                basis: "last_24_hours" | "same_hours_of_7_days" | "last_60_minutes";
                /** @description Hours that were watched and count. */
                hours: number;
            } | null;
            /** @description By how many standard deviations the range is off: 3 and more is unusual. null: too little is known. */
            deviation?: number | null;
        };
        Client: {
            /** @description Its name where the host knows it, else its address as the policy let it leave; `{other}`: all that are over the budget of 128 a window. */
            client: string;
            service: string;
            exchanges: number;
            /** @description Status 400 to 499. */
            client_errors: number;
            /** @description Status 500 and above. */
            server_errors: number;
            /** @description No whole response (error.type) and no status of 400 or above; at most. */
            transport_errors: number;
            /** @description The three kinds of error over exchanges. */
            error_ratio: number;
            /** @description Exchanges by status code; `4xx` are other codes of that class, `0` had no response. */
            statuses: {
                [key: string]: number;
            };
            /** @description Of the exchanges of all clients of the service. */
            share: number;
            /** @description More of it may be in `{other}`. */
            at_least: boolean;
        };
        LatencyPoint: {
            /**
             * Format: date-time
             * @description Start of the point.
             */
            t: string;
            exchanges: number;
            ttfb_ms: {
                /** @description Milliseconds, within 1 %; null when no exchange had one. */
                p50: number | null;
                /** @description Milliseconds, within 1 %; null when no exchange had one. */
                p90: number | null;
                /** @description Milliseconds, within 1 %; null when no exchange had one. */
                p95: number | null;
                /** @description Milliseconds, within 1 %; null when no exchange had one. */
                p99: number | null;
                /** @description Milliseconds, within 1 %; null when no exchange had one. */
                p999: number | null;
            };
            total_ms: {
                /** @description Milliseconds, within 1 %; null when no exchange had one. */
                p50: number | null;
                /** @description Milliseconds, within 1 %; null when no exchange had one. */
                p90: number | null;
                /** @description Milliseconds, within 1 %; null when no exchange had one. */
                p95: number | null;
                /** @description Milliseconds, within 1 %; null when no exchange had one. */
                p99: number | null;
                /** @description Milliseconds, within 1 %; null when no exchange had one. */
                p999: number | null;
            };
            /** @description false: more may still come for this point. */
            complete: boolean;
        };
        LatencyHeatmapPoint: {
            /**
             * Format: date-time
             * @description Start of the point.
             */
            t: string;
            /** @description Those whose latency is not known included. */
            exchanges: number;
            /** @description Upper bounds of the buckets, included, ms: the same for all points of an answer, equal ratios, at most 40; the last one covers the largest latency. */
            le_ms: number[];
            /** @description Exchanges in each bucket (not cumulative); their sum are those whose latency is known. */
            counts: number[];
            /** @description false: more may still come for this point. */
            complete: boolean;
        };
        Header: {
            /** @description Where rows are grouped by it. */
            service?: string;
            /** @description Lower case; `{other}` where a budget was spent. */
            name: string;
            /** @enum {string} */
            direction: "request" | "response";
            /** @description Exchanges that carry it at least once. */
            exchanges: number;
            /** @description Of all exchanges of the role and services asked for; of the row's service where rows have one. */
            presence: number;
            /** @description The same in the range of the same length before; null when there were no exchanges. */
            presence_before: number | null;
            /** @description Carries credentials: its value never leaves a host in clear, under any policy. */
            sensitive: boolean;
            /** @description Distinct values, estimated; at least this many where `sampled`. */
            distinct: number;
            /** @description Names and values as they left the host. */
            bytes: number;
            /** @description Most frequent values, only of headers whose values the policy lets leave the host. Where `sampled`, counts are estimates and a value may be missing that is as frequent. */
            top: {
                value: string;
                /** @description At most; at least `exchanges - error`. */
                exchanges: number;
                error: number;
            }[];
            /** @description Exchanges were left out by a declared sample rate: `distinct` is a lower bound, and `top` lists at least these. */
            sampled: boolean;
            /** @description With `view=series`; one entry a step, all arrays equally long. `presence` is null where there were no exchanges. */
            series?: {
                /** @description Start of each step. */
                t: string[];
                presence: (number | null)[];
                distinct: number[];
                bytes: number[];
            };
        };
        Exchange: {
            /**
             * @description Why it was kept.
             * @enum {string}
             */
            kept: "failed" | "slow" | "good";
            /** Format: date-time */
            seen_at: string;
            /** @description Whose agent saw it. */
            host: string | null;
            exchange: components["schemas"]["HeaderEvent"];
        };
        Agent: {
            host: string;
            version: string;
            /** @description How traffic is read in the kernel: sock, syscall, or empty where a recording is replayed. */
            hooks: string;
            /** @description Why these hooks: what was asked for, or what the kernel allows. null where the agent is of a version that does not say. */
            hooks_why: string | null;
            scope: string[];
            /** @description In force: `id@version`, and after a `+` the one of the fleet that narrows it. */
            policy: string;
            /** @description The policies in force and what became of the last one offered. null where the agent is of a version that does not say. */
            policy_state: {
                /** @description The host's own policy, `id@version`. */
                host: string;
                /** @enum {string} */
                source: "built-in" | "file";
                /** Format: date-time */
                loaded_at: string;
                /** @description The policy of the fleet that narrows it; null: none. */
                narrowing: {
                    /** @description `id@version` */
                    policy: string;
                    /** @description Id of the key that signed it. */
                    key: string;
                    /** Format: date-time */
                    accepted_at: string;
                } | null;
                /** @description The last one that was refused, until a later one is accepted; the ones in force stay. */
                refused: {
                    policy: string;
                    /** @enum {string} */
                    source: "file" | "topic";
                    reason: string;
                    /** Format: date-time */
                    at: string;
                } | null;
            } | null;
            /** @description The sample rate in force now; null while every exchange that the filters let through is kept. */
            sampling: {
                /** @description `policy`: the filters say so; `governor`: to stay below the CPU ceiling of the agent. */
                reason: string;
                one_in: number;
                /** Format: date-time */
                since: string;
            } | null;
            /** @description CPU of agent and probe over the last 10 s, percent of one core. null where the agent is of a version that does not say. */
            cpu_percent: number | null;
            /** @description Above it the agent samples, and says so; 0: there is none. null where the agent is of a version that does not say. */
            cpu_ceiling_percent: number | null;
            /** @description Batches that wait on disk for the bus. null where the agent is of a version that does not say. */
            spool: {
                bytes: number;
                batches: number;
                /** Format: date-time */
                oldest_at: string | null;
            } | null;
            /** @description Message starts in scope that could not be read since the start of the agent, by program and reason, the most first. null where the agent is of a version that does not say. */
            unread_by: {
                executable: string;
                reason: string;
                messages: number;
            }[] | null;
            /** @enum {string} */
            source: "live" | "replay";
            kernel: string;
            incarnation: string;
            /** Format: date-time */
            started_at: string;
            exchanges: number;
            /** @description Since the agent's start, by reason. */
            losses: {
                [key: string]: number;
            };
            filtered: {
                [key: string]: number;
            };
            coverage: number;
            lag_ms: number;
            /** @description What the host's agent said of its capture in the range; null when it said nothing. */
            account: {
                request: {
                    /** @description Messages whose first byte was seen: emitted + filtered + lost + in_flight. */
                    started: number;
                    emitted: number;
                    filtered: {
                        [key: string]: number;
                    };
                    /** @description By reason. */
                    lost: {
                        [key: string]: number;
                    };
                    /** @description As the host said last in the range. */
                    in_flight: number;
                };
                response: {
                    /** @description Messages whose first byte was seen: emitted + filtered + lost + in_flight. */
                    started: number;
                    emitted: number;
                    filtered: {
                        [key: string]: number;
                    };
                    /** @description By reason. */
                    lost: {
                        [key: string]: number;
                    };
                    /** @description As the host said last in the range. */
                    in_flight: number;
                };
                /** @description In its batches, after weights. */
                exchanges: number;
                batches: number;
                /** @description Between agent and analyzer; `sequence_gap` less `sequence_gap_filled` never came. */
                lost_batches: {
                    [key: string]: number;
                };
                /** @description Rows whose time was more than 60 s ahead and was set back. */
                clamped_times: number;
                /** @description Older than every window that is kept: in no other count. */
                late_exchanges: number;
                /** @description What declared sample rates left out in the range, by reason; empty: nothing. */
                sampling: {
                    /** @description `policy`: the filters say so; `governor`: to stay below the CPU ceiling of the agent. */
                    reason: string;
                    /** @description The strongest rate that was in force: one exchange that was kept stands for this many at most. */
                    one_in: number;
                    /** @description Exact: exchanges before sampling, of the hosts and times that were sampled. */
                    exchanges: number;
                    /** @description Exact: those of them that were kept. Errors and slow exchanges are always kept. */
                    kept: number;
                }[];
            } | null;
            /** @description Bus clock minus host clock; null when the host did not report in the range. */
            skew_ms: number | null;
            /** Format: date-time */
            seen_at: string;
            /** @description Heard of within 30 s. */
            alive: boolean;
            /** @description Incarnations of other live agents that use the same host id: one of them must get another. */
            conflicts: string[];
        };
        Alert: {
            /** @enum {integer} */
            schema: 1;
            /** @description Of rule, subject and opening window: the same wherever it is evaluated. */
            id: string;
            rule: string;
            /** @enum {string} */
            kind: "error_burn" | "latency_burn" | "new_failing_route" | "agent_silent" | "capture_incomplete";
            /**
             * @description `page`: wake somebody; `ticket`: in working hours; `info`: worth knowing.
             * @enum {string}
             */
            severity: "page" | "ticket" | "info";
            /** @description What the alert is about: a service (with a route, perhaps) or a host. */
            subject: {
                service?: string;
                method?: string;
                route?: string;
                host?: string;
            };
            /** @enum {string} */
            state: "open" | "resolved";
            /** @description One sentence with the figures that made it open. */
            title: string;
            description: string;
            /**
             * Format: date-time
             * @description End of the window whose closing made it open.
             */
            opened_at: string;
            opening_window: {
                /** Format: date-time */
                start: string;
                /** Format: date-time */
                end: string;
            };
            /** Format: date-time */
            resolved_at: string | null;
            /**
             * @description `recovered`: it no longer holds; `rule_removed`: nor does its rule; `expired`: its subject has not been heard of for long.
             * @enum {string|null}
             */
            resolution: "recovered" | "rule_removed" | "expired" | null;
            /** @description Of the evaluation that opened it, units in the names. */
            values: {
                [key: string]: number;
            };
            /** @description Of the newest evaluation while it is open. */
            last_values: {
                [key: string]: number;
            };
            /** @description false: something was lost in the windows it rests on. */
            complete: boolean;
            /** @description Id of the mute that kept it from being delivered. */
            muted_by: string | null;
            /** @description Grows with every change. */
            revision: number;
            /** @description A mute that is in force now keeps it from being delivered. */
            muted: boolean;
        };
        AlertList: {
            range: {
                /** Format: date-time */
                start: string;
                /** Format: date-time */
                end: string;
            };
            data: components["schemas"]["Alert"][];
            /** @description There is a next page. */
            next_cursor?: string;
        };
        AlertRule: {
            /** @enum {string} */
            kind: "error_burn";
            /** @description A slug; part of the identity of its alerts. */
            id: string;
            /**
             * @description `page`: wake somebody; `ticket`: in working hours; `info`: worth knowing.
             * @enum {string}
             */
            severity: "page" | "ticket" | "info";
            /** @description false: kept but not evaluated. */
            enabled: boolean;
            /** @description Globs of the services (of hosts, where the kind is about hosts) it is for; empty: all. */
            subjects: string[];
            /** @description Its alerts resolve when it has not been true for so many minutes in a row. */
            resolve_after_minutes: number;
            /** @description Percent of exchanges that must be good. */
            objective: number;
            /** @description It holds when the budget burns faster than `burn_rate` over both the long and the short window. */
            windows: {
                long_minutes: number;
                short_minutes: number;
                burn_rate: number;
            }[];
            min_exchanges: number;
            min_failures: number;
        } | {
            /** @enum {string} */
            kind: "latency_burn";
            /** @description A slug; part of the identity of its alerts. */
            id: string;
            /**
             * @description `page`: wake somebody; `ticket`: in working hours; `info`: worth knowing.
             * @enum {string}
             */
            severity: "page" | "ticket" | "info";
            /** @description false: kept but not evaluated. */
            enabled: boolean;
            /** @description Globs of the services (of hosts, where the kind is about hosts) it is for; empty: all. */
            subjects: string[];
            /** @description Its alerts resolve when it has not been true for so many minutes in a row. */
            resolve_after_minutes: number;
            /** @description Percent of exchanges that must be good. */
            objective: number;
            /** @enum {string} */
            metric: "ttfb" | "total";
            threshold_ms: number;
            /** @description It holds when the budget burns faster than `burn_rate` over both the long and the short window. */
            windows: {
                long_minutes: number;
                short_minutes: number;
                burn_rate: number;
            }[];
            min_exchanges: number;
        } | {
            /** @enum {string} */
            kind: "new_failing_route";
            /** @description A slug; part of the identity of its alerts. */
            id: string;
            /**
             * @description `page`: wake somebody; `ticket`: in working hours; `info`: worth knowing.
             * @enum {string}
             */
            severity: "page" | "ticket" | "info";
            /** @description false: kept but not evaluated. */
            enabled: boolean;
            /** @description Globs of the services (of hosts, where the kind is about hosts) it is for; empty: all. */
            subjects: string[];
            /** @description Its alerts resolve when it has not been true for so many minutes in a row. */
            resolve_after_minutes: number;
            quiet_hours: number;
            min_failures: number;
            min_ratio: number;
            within_minutes: number;
            client_errors: boolean;
        } | {
            /** @enum {string} */
            kind: "agent_silent";
            /** @description A slug; part of the identity of its alerts. */
            id: string;
            /**
             * @description `page`: wake somebody; `ticket`: in working hours; `info`: worth knowing.
             * @enum {string}
             */
            severity: "page" | "ticket" | "info";
            /** @description false: kept but not evaluated. */
            enabled: boolean;
            /** @description Globs of the services (of hosts, where the kind is about hosts) it is for; empty: all. */
            subjects: string[];
            /** @description Its alerts resolve when it has not been true for so many minutes in a row. */
            resolve_after_minutes: number;
            after_seconds: number;
            expire_hours: number;
        } | {
            /** @enum {string} */
            kind: "capture_incomplete";
            /** @description A slug; part of the identity of its alerts. */
            id: string;
            /**
             * @description `page`: wake somebody; `ticket`: in working hours; `info`: worth knowing.
             * @enum {string}
             */
            severity: "page" | "ticket" | "info";
            /** @description false: kept but not evaluated. */
            enabled: boolean;
            /** @description Globs of the services (of hosts, where the kind is about hosts) it is for; empty: all. */
            subjects: string[];
            /** @description Its alerts resolve when it has not been true for so many minutes in a row. */
            resolve_after_minutes: number;
            max_lost_ratio: number;
            min_coverage: number;
            within_minutes: number;
            min_started: number;
        };
        AlertRuleRow: {
            /** @enum {string} */
            kind: "error_burn";
            /** @description A slug; part of the identity of its alerts. */
            id: string;
            /**
             * @description `page`: wake somebody; `ticket`: in working hours; `info`: worth knowing.
             * @enum {string}
             */
            severity: "page" | "ticket" | "info";
            /** @description false: kept but not evaluated. */
            enabled: boolean;
            /** @description Globs of the services (of hosts, where the kind is about hosts) it is for; empty: all. */
            subjects: string[];
            /** @description Its alerts resolve when it has not been true for so many minutes in a row. */
            resolve_after_minutes: number;
            /** @description Percent of exchanges that must be good. */
            objective: number;
            /** @description It holds when the budget burns faster than `burn_rate` over both the long and the short window. */
            windows: {
                long_minutes: number;
                short_minutes: number;
                burn_rate: number;
            }[];
            min_exchanges: number;
            min_failures: number;
            /** @description Alerts of it that are open. */
            open: number;
            /** @description Alerts of it that opened in the last 24 hours. */
            fired_last_day: number;
            /** @description With `view=preview`: how often it would have opened in the `preview` range; null where that cannot be told. */
            would_have_fired?: number | null;
        } | {
            /** @enum {string} */
            kind: "latency_burn";
            /** @description A slug; part of the identity of its alerts. */
            id: string;
            /**
             * @description `page`: wake somebody; `ticket`: in working hours; `info`: worth knowing.
             * @enum {string}
             */
            severity: "page" | "ticket" | "info";
            /** @description false: kept but not evaluated. */
            enabled: boolean;
            /** @description Globs of the services (of hosts, where the kind is about hosts) it is for; empty: all. */
            subjects: string[];
            /** @description Its alerts resolve when it has not been true for so many minutes in a row. */
            resolve_after_minutes: number;
            /** @description Percent of exchanges that must be good. */
            objective: number;
            /** @enum {string} */
            metric: "ttfb" | "total";
            threshold_ms: number;
            /** @description It holds when the budget burns faster than `burn_rate` over both the long and the short window. */
            windows: {
                long_minutes: number;
                short_minutes: number;
                burn_rate: number;
            }[];
            min_exchanges: number;
            /** @description Alerts of it that are open. */
            open: number;
            /** @description Alerts of it that opened in the last 24 hours. */
            fired_last_day: number;
            /** @description With `view=preview`: how often it would have opened in the `preview` range; null where that cannot be told. */
            would_have_fired?: number | null;
        } | {
            /** @enum {string} */
            kind: "new_failing_route";
            /** @description A slug; part of the identity of its alerts. */
            id: string;
            /**
             * @description `page`: wake somebody; `ticket`: in working hours; `info`: worth knowing.
             * @enum {string}
             */
            severity: "page" | "ticket" | "info";
            /** @description false: kept but not evaluated. */
            enabled: boolean;
            /** @description Globs of the services (of hosts, where the kind is about hosts) it is for; empty: all. */
            subjects: string[];
            /** @description Its alerts resolve when it has not been true for so many minutes in a row. */
            resolve_after_minutes: number;
            quiet_hours: number;
            min_failures: number;
            min_ratio: number;
            within_minutes: number;
            client_errors: boolean;
            /** @description Alerts of it that are open. */
            open: number;
            /** @description Alerts of it that opened in the last 24 hours. */
            fired_last_day: number;
            /** @description With `view=preview`: how often it would have opened in the `preview` range; null where that cannot be told. */
            would_have_fired?: number | null;
        } | {
            /** @enum {string} */
            kind: "agent_silent";
            /** @description A slug; part of the identity of its alerts. */
            id: string;
            /**
             * @description `page`: wake somebody; `ticket`: in working hours; `info`: worth knowing.
             * @enum {string}
             */
            severity: "page" | "ticket" | "info";
            /** @description false: kept but not evaluated. */
            enabled: boolean;
            /** @description Globs of the services (of hosts, where the kind is about hosts) it is for; empty: all. */
            subjects: string[];
            /** @description Its alerts resolve when it has not been true for so many minutes in a row. */
            resolve_after_minutes: number;
            after_seconds: number;
            expire_hours: number;
            /** @description Alerts of it that are open. */
            open: number;
            /** @description Alerts of it that opened in the last 24 hours. */
            fired_last_day: number;
            /** @description With `view=preview`: how often it would have opened in the `preview` range; null where that cannot be told. */
            would_have_fired?: number | null;
        } | {
            /** @enum {string} */
            kind: "capture_incomplete";
            /** @description A slug; part of the identity of its alerts. */
            id: string;
            /**
             * @description `page`: wake somebody; `ticket`: in working hours; `info`: worth knowing.
             * @enum {string}
             */
            severity: "page" | "ticket" | "info";
            /** @description false: kept but not evaluated. */
            enabled: boolean;
            /** @description Globs of the services (of hosts, where the kind is about hosts) it is for; empty: all. */
            subjects: string[];
            /** @description Its alerts resolve when it has not been true for so many minutes in a row. */
            resolve_after_minutes: number;
            max_lost_ratio: number;
            min_coverage: number;
            within_minutes: number;
            min_started: number;
            /** @description Alerts of it that are open. */
            open: number;
            /** @description Alerts of it that opened in the last 24 hours. */
            fired_last_day: number;
            /** @description With `view=preview`: how often it would have opened in the `preview` range; null where that cannot be told. */
            would_have_fired?: number | null;
        };
        AlertRuleList: {
            /** @description `built-in` or the path of the file; null: no analyzer has said yet which rules are in force. */
            source: string | null;
            /** Format: date-time */
            loaded_at: string | null;
            /** @description With `view=preview`: what `would_have_fired` rests on. */
            preview?: {
                /** Format: date-time */
                start: string;
                /** Format: date-time */
                end: string;
                /** @description false: windows of the range are open, or something was lost. */
                complete: boolean;
            };
            data: components["schemas"]["AlertRuleRow"][];
        };
        AlertRulePreviewRequest: {
            /** @description One rule, as in the rule document (alert-rules.v1.schema.json); what has a default may be left out. */
            rule: {
                [key: string]: unknown;
            };
            /** @description RFC 3339, unix seconds or `now-6h`. Default: 24 hours before end. */
            start?: string;
            /** @description The same. Default: now. */
            end?: string;
        };
        AlertRulePreview: {
            range: {
                /** Format: date-time */
                start: string;
                /** Format: date-time */
                end: string;
            };
            rule: components["schemas"]["AlertRule"];
            /** @description How often it would have opened. */
            fired: number;
            /** @description The newest 1,000, the newest first. */
            data: {
                /** @description What the alert is about: a service (with a route, perhaps) or a host. */
                subject: {
                    service?: string;
                    method?: string;
                    route?: string;
                    host?: string;
                };
                title: string;
                /** Format: date-time */
                opened_at: string;
                /** @description null: it would still be open at the end of the range. */
                resolved_at: string | null;
                /** @description Of the evaluation that would have opened it. */
                values: {
                    [key: string]: number;
                };
            }[];
            quality: components["schemas"]["Quality"];
        };
        MuteRequest: {
            /** @description All that are given must match. */
            match: {
                /** @description Id of a rule. */
                rule?: string;
                /**
                 * @description `page`: wake somebody; `ticket`: in working hours; `info`: worth knowing.
                 * @enum {string}
                 */
                severity?: "page" | "ticket" | "info";
                /** @description Or a glob: `shop-*`. */
                service?: string;
                /** @description Or a glob. */
                route?: string;
                /** @description Or a glob. */
                host?: string;
            };
            /**
             * Format: date-time
             * @description Default: now.
             */
            starts_at?: string;
            /**
             * Format: date-time
             * @description Excluded; at most 30 days after starts_at.
             */
            ends_at: string;
            /** @description Why. */
            comment: string;
        };
        Mute: {
            /** @enum {integer} */
            schema: 1;
            id: string;
            /** @description All that are given must match. */
            match: {
                /** @description Id of a rule. */
                rule?: string;
                /**
                 * @description `page`: wake somebody; `ticket`: in working hours; `info`: worth knowing.
                 * @enum {string}
                 */
                severity?: "page" | "ticket" | "info";
                /** @description Or a glob: `shop-*`. */
                service?: string;
                /** @description Or a glob. */
                route?: string;
                /** @description Or a glob. */
                host?: string;
            };
            /** Format: date-time */
            starts_at: string;
            /**
             * Format: date-time
             * @description Excluded.
             */
            ends_at: string;
            /** @description Why. */
            comment: string;
            /** @description Subject of the token or session. */
            created_by: string;
            /** Format: date-time */
            created_at: string;
            /** @enum {string} */
            state: "planned" | "active" | "ended";
        };
        MuteList: {
            data: components["schemas"]["Mute"][];
        };
        /** @description A figure that a finding rests on. */
        InsightEvidence: {
            /** @description As in what was sent: `ep_3`. */
            id: string;
            /** @enum {string} */
            kind: "service" | "endpoint" | "failure" | "header" | "host" | "alert";
            /** @description For people: `GET /orders/{int} of shop`. */
            label: string;
            service?: string;
            method?: string;
            route?: string;
            status?: number;
            error_type?: string;
            header?: string;
            host?: string;
            /** @description Id of the alert. */
            alert?: string;
            /** @description What was said of it, as it was sent; units in the names. */
            figures: {
                [key: string]: number | string;
            };
            /** @description Path of the page of the dashboard that shows it, over the window of the insight. */
            href: string;
        };
        InsightFinding: {
            /** @description Within its insight; stays while the insight is revised. */
            id: string;
            /**
             * @description `rules`: computed, always there; `model`: written by a language model and checked against what it was told.
             * @enum {string}
             */
            source: "rules" | "model";
            /** @description Of source `rules`: which one. */
            rule?: string;
            /**
             * @description `page`: wake somebody; `ticket`: in working hours; `info`: worth knowing.
             * @enum {string}
             */
            severity: "page" | "ticket" | "info";
            /** @description Plain text, as all texts of a finding: never markup. */
            title: string;
            what_changed: string;
            /** @description null: unknown. */
            likely_cause: string | null;
            check_next: string[];
            /** @enum {string} */
            confidence: "high" | "medium" | "low";
            evidence: components["schemas"]["InsightEvidence"][];
        };
        /** @description What became of asking the model. */
        InsightModel: {
            /**
             * @description `off`: no gateway is configured; `pending`: it is being asked, or will be; `reused`: the same input was answered before.
             * @enum {string}
             */
            state: "off" | "pending" | "done" | "reused" | "failed";
            /**
             * @description Why there is no finding of a model, or no more.
             * @enum {string|null}
             */
            reason: "no_gateway" | "nothing_to_say" | "budget_tokens" | "budget_money" | "breaker_open" | "denied" | "rate_limited" | "overloaded" | "upstream_down" | "unreachable" | "timeout" | "cut" | "too_large" | "not_a_completion" | "refused" | "answer_invalid" | "no_finding_left" | "rejected" | "not_allowed" | "internal" | null;
            /** @description The same in a sentence. */
            detail: string | null;
            /** @description Name of the gateway. */
            gateway: string | null;
            /** @description As the gateway calls it. */
            model: string | null;
            /** @description SHA-256 of the input that was sent, hex; `links.sent` shows it. */
            input_sha256: string | null;
            /**
             * Format: date-time
             * @description null: nothing was sent.
             */
            sent_at: string | null;
            /** @description From the first request to the last answer. */
            took_ms: number | null;
            /** @description Requests that went out, the repair of an answer included. */
            attempts: number;
            /** @description The first answer was not valid, and the model was told so. */
            repaired: boolean;
            /**
             * @description How the answer was asked for.
             * @enum {string|null}
             */
            format: "json_schema" | "json_object" | "plain" | null;
            /** @description null: the gateway did not say. */
            tokens: {
                input: number;
                output: number;
            } | null;
            /** @description As the gateway says, or by the configured price; null: unknown. */
            cost_usd: number | null;
            /** @description Of the gateway or its provider, for their logs. */
            request_id: string | null;
            /** @description Findings of the answer that were left out, by reason. */
            dropped: {
                [key: string]: number;
            };
        };
        Insight: {
            /** @enum {integer} */
            schema: 1;
            /** @description Of trigger, subject and window: asking twice is asking once. */
            id: string;
            /**
             * @description `alert`: alerts of its subject are open; `digest`: the hour is over; `request`: somebody asked.
             * @enum {string}
             */
            trigger: "alert" | "digest" | "request";
            /** @description A service or a host; empty: the fleet. */
            subject: {
                service?: string;
                host?: string;
            };
            /**
             * @description `done`: the findings by rules are there; those of a model come when `model.state` is no longer `pending`. `failed`: not even the findings by rules could be made.
             * @enum {string}
             */
            state: "queued" | "running" | "done" | "failed";
            /** @description Of state `failed`: why. */
            failure: string | null;
            /** @description Half-open; whole minutes. */
            window: {
                /** Format: date-time */
                start: string;
                /** Format: date-time */
                end: string;
            };
            /** @description What the window is compared with; null: nothing was there, or it has not begun yet. */
            compared_with: {
                /** Format: date-time */
                start: string;
                /** Format: date-time */
                end: string;
            } | null;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            /** @description Ids of the alerts it looks at. */
            alerts: string[];
            /** @description false: something of the window was lost or not closed yet. */
            complete: boolean;
            /** @description Of the model first, then by rules; each by severity. Those that rest on what the token may not see (hosts without `fleet:read`, other services) are left out. */
            findings: components["schemas"]["InsightFinding"][];
            model: components["schemas"]["InsightModel"];
            /** @description Client id, of trigger `request`. */
            requested_by: string | null;
            /** @description Grows with every change. */
            revision: number;
            links: {
                self: string;
                /** @description Server-sent events while it is being made. */
                events: string;
                /** @description What was sent to the gateway; null: nothing was. */
                sent: string | null;
            };
        };
        InsightList: {
            range: {
                /** Format: date-time */
                start: string;
                /** Format: date-time */
                end: string;
            };
            data: components["schemas"]["Insight"][];
            /** @description There is a next page. */
            next_cursor?: string;
        };
        InsightRequest: {
            /** @description About this service. Neither service nor host: about the fleet. */
            service?: string;
            /** @description About this host. */
            host?: string;
            /** @description RFC 3339, unix seconds or `now-15m`; floored to the minute. Default: 15 minutes before end. */
            start?: string;
            /** @description The same; ceiled to the minute, and not after the last closed one. Default: the end of the last closed minute. */
            end?: string;
        };
        InsightSent: {
            /** @enum {integer} */
            schema: 1;
            /** @description SHA-256 of `input`, hex. */
            input_sha256: string;
            /** @description The insight for which it was sent: another one, where its answer was reused. */
            insight: string;
            /** Format: date-time */
            sent_at: string;
            gateway: string;
            /** @description Host and port it went to. */
            host: string;
            model: string;
            /** @description What the model was told of the fleet, as it was sent: JSON. */
            input: string;
            /** @description Every request that went out, the repair included. Keys and headers of the connection are not kept. */
            requests: {
                /** Format: date-time */
                at: string;
                /** @description To the byte. */
                body: string;
                /** @description null: no answer came. */
                status: number | null;
                /** @description Its first 16 KiB, as it came: text of others, never to be run or rendered. */
                answer: string | null;
                /** @description Why nothing came, or what was wrong with it. */
                error: string | null;
            }[];
            /** @description What the ids of the input stand for: never sent. Hosts are left out without `fleet:read`. */
            aliases: {
                [key: string]: {
                    /** @enum {string} */
                    kind: "service" | "endpoint" | "failure" | "header" | "host" | "alert";
                    /** @description For people: `GET /orders/{int} of shop`. */
                    label: string;
                    service?: string;
                    method?: string;
                    route?: string;
                    status?: number;
                    error_type?: string;
                    header?: string;
                    host?: string;
                    /** @description Id of the alert. */
                    alert?: string;
                };
            };
        };
        InsightGateway: {
            /** @description A process that makes insights reports, and has a gateway. */
            configured: boolean;
            /** @description How to get what is missing, in a sentence; null: nothing is. */
            how: string | null;
            /** @description POST /v1/insights is taken here (setting `bus`). */
            accepts_requests: boolean;
            /** @description null: none is configured. */
            gateway: {
                name: string;
                /** @enum {string} */
                kind: "openai-compatible" | "wealthsimple";
                model: string;
                /** @description With `fleet:read`. */
                host?: string;
            } | null;
            /** @description open: the gateway failed again and again and is left alone for a while. */
            breaker: {
                /** @enum {string} */
                state: "closed" | "open" | "half_open";
                /**
                 * Format: date-time
                 * @description When it is tried again.
                 */
                until: string | null;
            } | null;
            /** @description Insights that wait. */
            queued: number;
            /** @description What may be spent in a day, by all processes together; null: none reports. */
            budget: {
                /** @description UTC. */
                day: string;
                tokens: {
                    used: number;
                    limit: number;
                    left: number;
                };
                /** @description null: tokens are the only bound. */
                usd: {
                    used: number;
                    limit: number;
                    left: number;
                } | null;
            } | null;
            /**
             * Format: date-time
             * @description null: none that is remembered.
             */
            last_success_at: string | null;
            /** @description null: none that is remembered. */
            last_failure: {
                /** Format: date-time */
                at: string;
                /** @enum {string} */
                reason: "no_gateway" | "nothing_to_say" | "budget_tokens" | "budget_money" | "breaker_open" | "denied" | "rate_limited" | "overloaded" | "upstream_down" | "unreachable" | "timeout" | "cut" | "too_large" | "not_a_completion" | "refused" | "answer_invalid" | "no_finding_left" | "rejected" | "not_allowed" | "internal";
                detail: string;
            } | null;
            /** @description Those that were heard of within a minute. */
            processes: {
                /** @description With `fleet:read`. */
                instance?: string;
                /** Format: date-time */
                at: string;
                /** @description null: none is configured. */
                gateway: {
                    name: string;
                    /** @enum {string} */
                    kind: "openai-compatible" | "wealthsimple";
                    model: string;
                    /** @description With `fleet:read`. */
                    host?: string;
                } | null;
                /** @description open: the gateway failed again and again and is left alone for a while. */
                breaker: {
                    /** @enum {string} */
                    state: "closed" | "open" | "half_open";
                    /**
                     * Format: date-time
                     * @description When it is tried again.
                     */
                    until: string | null;
                } | null;
                /** @description Insights that wait. */
                queued: number;
                /** @description What may be spent in a day, by all processes together. */
                budget: {
                    /** @description UTC. */
                    day: string;
                    tokens: {
                        used: number;
                        limit: number;
                        left: number;
                    };
                    /** @description null: tokens are the only bound. */
                    usd: {
                        used: number;
                        limit: number;
                        left: number;
                    } | null;
                };
                /**
                 * Format: date-time
                 * @description null: none that is remembered.
                 */
                last_success_at: string | null;
                /** @description null: none that is remembered. */
                last_failure: {
                    /** Format: date-time */
                    at: string;
                    /** @enum {string} */
                    reason: "no_gateway" | "nothing_to_say" | "budget_tokens" | "budget_money" | "breaker_open" | "denied" | "rate_limited" | "overloaded" | "upstream_down" | "unreachable" | "timeout" | "cut" | "too_large" | "not_a_completion" | "refused" | "answer_invalid" | "no_finding_left" | "rejected" | "not_allowed" | "internal";
                    detail: string;
                } | null;
            }[];
        };
        /** @description One exchange, a header event of v1: the names are those of OpenTelemetry. What is absent or unknown is left out. */
        HeaderEvent: {
            /** @description First byte of the request at this socket, UTC, ns since the Unix epoch; of an `end` row the last byte of the exchange. */
            start_time: string;
            /**
             * @description A whole exchange, or the begin or the end of a long one.
             * @enum {string}
             */
            "headwater.phase": "complete" | "begin" | "end";
            /**
             * @description Side of the exchange that was watched.
             * @enum {string}
             */
            "headwater.role": "server" | "client";
            /** @description Service of the watched process, by the host's rules. */
            "service.name"?: string;
            /** @description RFC 9110 method token as sent. */
            "http.request.method"?: string;
            /** @description http or https. */
            "url.scheme"?: string;
            /** @description Path without query, as the policy lets it leave; by default the route template. */
            "url.path"?: string;
            /** @description Query parameter names joined by "&", values cut; empty by default. */
            "url.query"?: string;
            /** @description Path with character classes replaced ({int}, {uuid}, {hex}, {date}, {opaque}); stateless. */
            "http.route"?: string;
            /** @description Host of the Host header or the absolute target, without port. */
            "server.address"?: string;
            /** @description Port of the server side of the socket; 0 on a Unix socket. */
            "server.port"?: number;
            /** @description Client side of the socket, as the policy lets it leave (public ones truncated to /24, /48). */
            "client.address"?: string;
            /** @description tcp or unix. */
            "network.transport"?: string;
            /** @description 1.0, 1.1 or 2. */
            "network.protocol.version"?: string;
            /** @description Final status; 0 when there was none (see error.type). */
            "http.response.status_code"?: number;
            /** @description Empty, or why there is no whole response: connection_reset, connection_closed, no_response, malformed_response. */
            "error.type"?: string;
            /** @description Last request byte to first response byte at this socket, ns; -1 unknown. On a server it starts when the application reads. */
            "headwater.ttfb_ns"?: number;
            /** @description First request byte to last response byte, ns; -1 unknown. */
            "headwater.total_ns"?: number;
            /** @description Bytes of the whole request on the wire; -1 unknown. */
            "http.request.size"?: number;
            /** @description Bytes of the request body as transferred; -1 unknown. */
            "http.request.body.size"?: number;
            /** @description Bytes of the whole final response on the wire; -1 unknown. */
            "http.response.size"?: number;
            /** @description Bytes of the response body as transferred; -1 unknown. */
            "http.response.body.size"?: number;
            /** @description Request header fields after redaction. In wire order, casing and repeats kept. */
            "http.request.headers": {
                /** @description As sent. */
                name: string;
                /** @description After redaction at the host. */
                value: string;
                /**
                 * @description What happened to the value at the host.
                 * @enum {string}
                 */
                action: "keep" | "presence" | "hash" | "mask" | "summary" | "unknown";
            }[];
            /** @description Response header fields after redaction. In wire order, casing and repeats kept. */
            "http.response.headers": {
                /** @description As sent. */
                name: string;
                /** @description After redaction at the host. */
                value: string;
                /**
                 * @description What happened to the value at the host.
                 * @enum {string}
                 */
                action: "keep" | "presence" | "hash" | "mask" | "summary" | "unknown";
            }[];
            /** @description Process that used the socket. */
            "process.pid"?: number;
            /** @description Base name of its executable, else its comm. */
            "process.executable.name"?: string;
            /** @description Container id from the cgroup path. */
            "container.id"?: string;
            /** @description Pod uid from the cgroup path. */
            "k8s.pod.uid"?: string;
            /** @description systemd unit from the cgroup path. */
            "headwater.unit"?: string;
            /** @description Socket cookie: joins the phases and the exchanges of one connection on one host and boot. */
            "headwater.connection"?: string;
            /** @description Number of the exchange on its connection, from 1 since capture first saw it. */
            "headwater.ordinal"?: number;
            /** @description Smoothed round trip of the socket, microseconds; 0 unknown. */
            "headwater.srtt_us"?: number;
            /** @description Segments the socket has retransmitted so far. */
            "headwater.retransmits"?: number;
            /** @description TLS version where the exchange was read above TLS. */
            "tls.protocol.version"?: string;
            /** @description Library whose calls were read. */
            "headwater.tls_library"?: string;
            /** @description grpc where content-type says so. */
            "rpc.system"?: string;
            /** @description gRPC status; -1 none. */
            "rpc.grpc.status_code"?: number;
            /** @description Exchanges this row stands for (sampling); 1 unsampled. */
            "headwater.weight"?: number;
            /** @description Redaction policy as id@version. */
            "headwater.policy"?: string;
            /** @description Id of the key of the fingerprints in this row; empty when there are none. */
            "headwater.key_id"?: string;
            /** @description What is known to be imperfect. */
            "headwater.flags"?: ("request_head_truncated" | "response_head_truncated" | "end_inferred" | "gap" | "mid_connection" | "trailer_unseen" | "resync" | "body_unreadable" | "early_response" | "peer_unknown" | "interim_seen" | "upgraded" | "replayed" | "head_malformed")[];
            /** @description Name of the container, as the kubelet says. */
            "container.name"?: string;
            /** @description Name of the pod, as the kubelet says. */
            "k8s.pod.name"?: string;
            /** @description The pod's namespace, as the kubelet says. */
            "k8s.namespace.name"?: string;
            /** @description Name of the socket's other side, by the host's list of networks (CIDR). */
            "service.peer.name"?: string;
            /** @description Inode number of the network namespace, as lsns shows it; 0 unknown. */
            "headwater.netns"?: number;
        };
        Quality: {
            /** @description Every window of the range is closed with all partitions in it, and nothing was lost. */
            complete: boolean;
            /** @description Exchanges that began and were lost, all reasons. */
            lost: number;
            /** @description By reason. */
            lost_by: {
                [key: string]: number;
            };
            /** @description Batches of agents that never came to the analyzer; those that came late are taken back. */
            lost_batches: number;
            /** @description Exchanges in the lost batches, as far as their agents number them; null: of none of them. */
            lost_exchanges: number | null;
            /** @description What declared sample rates left out in the range: counts, sums and latencies are then estimates (each exchange with its weight), distinct counts and top lists lower bounds. Errors are exact. null: nothing was left out. */
            sampling: {
                /** @description The strongest rate that was in force: one exchange that was kept stands for this many at most. */
                one_in: number;
                /** @description Exact: exchanges before sampling, of the hosts and times that were sampled. */
                exchanges: number;
                /** @description Exact: those of them that were kept. Errors and slow exchanges are always kept. */
                kept: number;
                reasons: string[];
            } | null;
            /** @description Hosts that reported in the range. */
            hosts: number;
            /** @description read / (read + known to be unreadable). */
            coverage: number;
        };
        ServiceList: {
            range: {
                /** Format: date-time */
                start: string;
                /** Format: date-time */
                end: string;
                /** @description Seconds. */
                step: number;
            };
            data: components["schemas"]["Service"][];
            quality: components["schemas"]["Quality"];
            /** @description There is a next page. */
            next_cursor?: string;
        };
        RequestPatternList: {
            range: {
                /** Format: date-time */
                start: string;
                /** Format: date-time */
                end: string;
                /** @description Seconds. */
                step: number;
            };
            data: components["schemas"]["RequestPattern"][];
            quality: components["schemas"]["Quality"];
            /** @description There is a next page. */
            next_cursor?: string;
        };
        FailureList: {
            range: {
                /** Format: date-time */
                start: string;
                /** Format: date-time */
                end: string;
                /** @description Seconds. */
                step: number;
            };
            data: components["schemas"]["Failure"][];
            quality: components["schemas"]["Quality"];
            /** @description There is a next page. */
            next_cursor?: string;
        };
        ClientList: {
            range: {
                /** Format: date-time */
                start: string;
                /** Format: date-time */
                end: string;
                /** @description Seconds. */
                step: number;
            };
            data: components["schemas"]["Client"][];
            quality: components["schemas"]["Quality"];
            /** @description There is a next page. */
            next_cursor?: string;
        };
        LatencyPointList: {
            range: {
                /** Format: date-time */
                start: string;
                /** Format: date-time */
                end: string;
                /** @description Seconds. */
                step: number;
            };
            data: components["schemas"]["LatencyPoint"][];
            quality: components["schemas"]["Quality"];
            /** @description There is a next page. */
            next_cursor?: string;
        };
        LatencyHeatmapPointList: {
            range: {
                /** Format: date-time */
                start: string;
                /** Format: date-time */
                end: string;
                /** @description Seconds. */
                step: number;
            };
            data: components["schemas"]["LatencyHeatmapPoint"][];
            quality: components["schemas"]["Quality"];
            /** @description There is a next page. */
            next_cursor?: string;
        };
        HeaderList: {
            range: {
                /** Format: date-time */
                start: string;
                /** Format: date-time */
                end: string;
                /** @description Seconds. */
                step: number;
            };
            data: components["schemas"]["Header"][];
            quality: components["schemas"]["Quality"];
            /** @description There is a next page. */
            next_cursor?: string;
        };
        ExchangeList: {
            range: {
                /** Format: date-time */
                start: string;
                /** Format: date-time */
                end: string;
                /** @description Seconds. */
                step: number;
            };
            data: components["schemas"]["Exchange"][];
            quality: components["schemas"]["Quality"];
            /** @description There is a next page. */
            next_cursor?: string;
        };
        AgentList: {
            range: {
                /** Format: date-time */
                start: string;
                /** Format: date-time */
                end: string;
                /** @description Seconds. */
                step: number;
            };
            data: components["schemas"]["Agent"][];
            quality: components["schemas"]["Quality"];
            /** @description There is a next page. */
            next_cursor?: string;
        };
        /** @description RFC 9457. */
        Problem: {
            /** Format: uri */
            type: string;
            title: string;
            status: number;
            detail: string;
            instance: string;
            request_id: string;
            errors?: {
                /** @description Of the query. */
                parameter?: string;
                /** @description Into the body: JSON Pointer as a fragment. */
                pointer?: string;
                detail: string;
            }[];
            checks?: {
                [key: string]: string;
            };
        };
        Health: {
            /** @enum {string} */
            status: "ok";
        };
        Ready: {
            /** @enum {string} */
            status: "ready";
            checks: {
                [key: string]: string;
            };
        };
        Session: {
            name: string;
            client: string;
            scopes: string[];
            /** @description null: all services. */
            services: string[] | null;
            /**
             * Format: date-time
             * @description The session ends then, however much it is used.
             */
            expires_at: string;
            /** @description Everything runs on this host. */
            standalone: boolean;
        };
        LoggedOut: {
            /** @enum {boolean} */
            logged_out: true;
            /** @description Where the browser goes next: the end of session at the sign-in server, or `/`. */
            redirect: string;
        };
        /** @description RFC 9728. */
        ResourceMetadata: {
            /** Format: uri */
            resource: string;
            resource_name?: string;
            authorization_servers: string[];
            scopes_supported: string[];
            bearer_methods_supported: "header"[];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listServices: {
        parameters: {
            query?: {
                /** @description Start of the range, included; floored to the step. RFC 3339, unix seconds, or `now`, `now-15m`, `now-1h`, `now-1d`. Default: one hour before end. */
                start?: string;
                /** @description End of the range, excluded; ceiled to the step. RFC 3339, unix seconds, or `now`, `now-15m`, `now-1h`, `now-1d`. */
                end?: string;
                /** @description Width of a point: a multiple of 10 seconds, as `10s`, `1m`, `1h` or seconds. Default: by range, at most 360 points. What is older than 24 hours is kept in minutes, what is older than 7 days in hours. */
                step?: string;
                /** @description Side of the exchange that was watched. Where both ends are watched an exchange is seen once in each role; nothing sums over roles. */
                role?: "server" | "client";
                /** @description Only this service. */
                service?: string;
                /** @description Service level objective for `burn_rate`: the percentage of exchanges that must not fail. */
                slo?: number;
                /** @description What comes first: the largest; `deviation`: what is most unusual, up or down, and each row has what `view=baseline` gives. */
                sort?: "exchanges" | "burn_rate" | "error_ratio" | "ttfb_p99" | "deviation";
                /** @description `series`: each row also has its series, one entry a step. `baseline`: what was usual before (`expected`, `deviation`). */
                view?: "series" | "baseline";
                /** @description Rows of one page. */
                limit?: number;
                /** @description `next_cursor` of the page before, with the same other parameters. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The rows, with how far they can be trusted. */
            200: {
                headers: {
                    /** @description Changes when any window of the range does. */
                    ETag?: string;
                    /** @description As given, else made; in the log and in every problem. */
                    "X-Request-Id"?: string;
                    /** @description What is left: `"default";r=599;t=60` (draft-ietf-httpapi-ratelimit-headers). */
                    RateLimit?: string;
                    /** @description `"default";q=600;w=60`: requests in a window of seconds, per client. */
                    "RateLimit-Policy"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "range": {
                     *         "start": "2026-11-22T09:00:00Z",
                     *         "end": "2026-11-22T10:00:00Z",
                     *         "step": 1800
                     *       },
                     *       "data": [
                     *         {
                     *           "service": "shop",
                     *           "role": "server",
                     *           "exchanges": 51204,
                     *           "rate_per_s": 14.223333,
                     *           "client_errors": 310,
                     *           "server_errors": 12,
                     *           "transport_errors": 3,
                     *           "error_ratio": 0.000293,
                     *           "burn_rate": 0.42,
                     *           "trend": 0.12,
                     *           "trend_day": -0.03,
                     *           "ttfb_ms": {
                     *             "p50": 1.4,
                     *             "p95": 8.9,
                     *             "p99": 21.3
                     *           },
                     *           "series": {
                     *             "t": [
                     *               "2026-11-22T09:00:00Z",
                     *               "2026-11-22T09:30:00Z"
                     *             ],
                     *             "exchanges": [
                     *               25101,
                     *               26103
                     *             ],
                     *             "client_errors": [
                     *               150,
                     *               160
                     *             ],
                     *             "server_errors": [
                     *               0,
                     *               12
                     *             ],
                     *             "transport_errors": [
                     *               0,
                     *               3
                     *             ],
                     *             "ttfb_p50_ms": [
                     *               1.4,
                     *               1.4
                     *             ],
                     *             "ttfb_p99_ms": [
                     *               20.9,
                     *               21.7
                     *             ]
                     *           }
                     *         }
                     *       ],
                     *       "quality": {
                     *         "complete": true,
                     *         "lost": 0,
                     *         "lost_by": {},
                     *         "lost_batches": 0,
                     *         "lost_exchanges": 0,
                     *         "sampling": null,
                     *         "hosts": 3,
                     *         "coverage": 1
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["ServiceList"];
                };
            };
            /** @description Unchanged since the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A parameter is wrong (named in `errors`), or the credentials are malformed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No access token, or not a valid one; see `WWW-Authenticate`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token lacks the scope, or may not see this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; see `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store or the authorization server is away; see `Retry-After`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listRequestPatterns: {
        parameters: {
            query?: {
                /** @description Start of the range, included; floored to the step. RFC 3339, unix seconds, or `now`, `now-15m`, `now-1h`, `now-1d`. Default: one hour before end. */
                start?: string;
                /** @description End of the range, excluded; ceiled to the step. RFC 3339, unix seconds, or `now`, `now-15m`, `now-1h`, `now-1d`. */
                end?: string;
                /** @description Width of a point: a multiple of 10 seconds, as `10s`, `1m`, `1h` or seconds. Default: by range, at most 360 points. What is older than 24 hours is kept in minutes, what is older than 7 days in hours. */
                step?: string;
                /** @description Keys of a row, with commas: any of service, role, method, route, status. */
                group_by?: string;
                /** @description Side of the exchange that was watched. Where both ends are watched an exchange is seen once in each role; nothing sums over roles. */
                role?: "server" | "client";
                /** @description Only this service. */
                service?: string;
                /** @description Only this method, as sent. */
                method?: string;
                /** @description Only this route template, e.g. `/users/{int}`. */
                route?: string;
                /** @description Only these statuses: `404`, `4xx`, or several with commas. 0: there was no response. */
                status?: string;
                /** @description `latency`: each row also has its errors, latencies, time spent and bytes. `baseline`: what was usual before (`expected`, `deviation`). `changes`: only rows that are new in the range or vanished from it (`change`), by default of service, method and route; none where less than an hour before the range was watched. */
                view?: "latency" | "baseline" | "changes";
                /** @description What comes first: the largest; `deviation`: what is most unusual, up or down, and each row has what `view=baseline` gives. With `view=changes` always the exchanges, those of vanished ones as they were expected. */
                sort?: "exchanges" | "deviation";
                /** @description Rows of one page. */
                limit?: number;
                /** @description `next_cursor` of the page before, with the same other parameters. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The rows, with how far they can be trusted. */
            200: {
                headers: {
                    /** @description Changes when any window of the range does. */
                    ETag?: string;
                    /** @description As given, else made; in the log and in every problem. */
                    "X-Request-Id"?: string;
                    /** @description What is left: `"default";r=599;t=60` (draft-ietf-httpapi-ratelimit-headers). */
                    RateLimit?: string;
                    /** @description `"default";q=600;w=60`: requests in a window of seconds, per client. */
                    "RateLimit-Policy"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "range": {
                     *         "start": "2026-11-22T09:00:00Z",
                     *         "end": "2026-11-22T10:00:00Z",
                     *         "step": 10
                     *       },
                     *       "data": [
                     *         {
                     *           "service": "shop",
                     *           "method": "GET",
                     *           "route": "/orders/{int}",
                     *           "status": 200,
                     *           "exchanges": 18002,
                     *           "rate_per_s": 5.000556,
                     *           "trend": 0.12,
                     *           "trend_day": -0.03,
                     *           "expected": {
                     *             "median_per_s": 4.6,
                     *             "low_per_s": 3.1,
                     *             "high_per_s": 6.1,
                     *             "basis": "last_24_hours",
                     *             "hours": 24
                     *           },
                     *           "deviation": 0.8,
                     *           "client_errors": 0,
                     *           "server_errors": 0,
                     *           "transport_errors": 0,
                     *           "ttfb_ms": {
                     *             "p50": 1.4,
                     *             "p95": 8.9,
                     *             "p99": 21.3
                     *           },
                     *           "total_ms": {
                     *             "p50": 1.6,
                     *             "p95": 9.4,
                     *             "p99": 25
                     *           },
                     *           "total_ms_sum": 41404.6,
                     *           "request_bytes": 5760640,
                     *           "response_bytes": 30603400,
                     *           "begun": 0,
                     *           "ended": 0
                     *         }
                     *       ],
                     *       "quality": {
                     *         "complete": true,
                     *         "lost": 0,
                     *         "lost_by": {},
                     *         "lost_batches": 0,
                     *         "lost_exchanges": 0,
                     *         "sampling": null,
                     *         "hosts": 3,
                     *         "coverage": 1
                     *       },
                     *       "next_cursor": "eyJ2IjoxfQ"
                     *     }
                     */
                    "application/json": components["schemas"]["RequestPatternList"];
                };
            };
            /** @description Unchanged since the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A parameter is wrong (named in `errors`), or the credentials are malformed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No access token, or not a valid one; see `WWW-Authenticate`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token lacks the scope, or may not see this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; see `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store or the authorization server is away; see `Retry-After`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listFailures: {
        parameters: {
            query?: {
                /** @description Start of the range, included; floored to the step. RFC 3339, unix seconds, or `now`, `now-15m`, `now-1h`, `now-1d`. Default: one hour before end. */
                start?: string;
                /** @description End of the range, excluded; ceiled to the step. RFC 3339, unix seconds, or `now`, `now-15m`, `now-1h`, `now-1d`. */
                end?: string;
                /** @description Width of a point: a multiple of 10 seconds, as `10s`, `1m`, `1h` or seconds. Default: by range, at most 360 points. What is older than 24 hours is kept in minutes, what is older than 7 days in hours. */
                step?: string;
                /** @description Keys of a row, with commas: any of service, role, method, route, status, error_type. With `error_type` rows are of exchanges without a whole response only, one for each reason; their status is 0 where nothing of the response was seen. */
                group_by?: string;
                /** @description Side of the exchange that was watched. Where both ends are watched an exchange is seen once in each role; nothing sums over roles. */
                role?: "server" | "client";
                /** @description Only this service. */
                service?: string;
                /** @description Only this method, as sent. */
                method?: string;
                /** @description Only this route template, e.g. `/users/{int}`. */
                route?: string;
                /** @description Only these statuses: `404`, `4xx`, or several with commas. 0: there was no response. */
                status?: string;
                /** @description Only exchanges without a whole response for these reasons, with commas: `connection_reset`, `connection_closed`, `no_response`, `malformed_response`. Where nothing of the response was seen the status is 0. */
                error_type?: string;
                /** @description `baseline`: what was usual before (`expected`, `deviation`), and whether it is `new`. */
                view?: "baseline";
                /** @description What comes first: the largest; `deviation`: what fails most unusually often, and each row has what `view=baseline` gives. */
                sort?: "failures" | "excess" | "deviation";
                /** @description Rows of one page. */
                limit?: number;
                /** @description `next_cursor` of the page before, with the same other parameters. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The rows, with how far they can be trusted. */
            200: {
                headers: {
                    /** @description Changes when any window of the range does. */
                    ETag?: string;
                    /** @description As given, else made; in the log and in every problem. */
                    "X-Request-Id"?: string;
                    /** @description What is left: `"default";r=599;t=60` (draft-ietf-httpapi-ratelimit-headers). */
                    RateLimit?: string;
                    /** @description `"default";q=600;w=60`: requests in a window of seconds, per client. */
                    "RateLimit-Policy"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "range": {
                     *         "start": "2026-11-22T09:00:00Z",
                     *         "end": "2026-11-22T10:00:00Z",
                     *         "step": 10
                     *       },
                     *       "data": [
                     *         {
                     *           "service": "shop",
                     *           "method": "GET",
                     *           "route": "/orders/{int}",
                     *           "exchanges": 18312,
                     *           "client_errors": 310,
                     *           "server_errors": 0,
                     *           "transport_errors": 2,
                     *           "error_ratio": 0.017038,
                     *           "baseline_ratio": 0.004,
                     *           "excess": 238.752,
                     *           "error_types": {
                     *             "connection_reset": 2
                     *           },
                     *           "broken_before_response": 2,
                     *           "broken_within_response": 0,
                     *           "first_seen": "2026-11-22T09:12:31.204Z",
                     *           "new": false,
                     *           "expected": {
                     *             "median_ratio": 0.004,
                     *             "low_ratio": 0.0021,
                     *             "high_ratio": 0.0059,
                     *             "basis": "last_24_hours",
                     *             "hours": 24
                     *           },
                     *           "deviation": 20.6
                     *         }
                     *       ],
                     *       "quality": {
                     *         "complete": true,
                     *         "lost": 0,
                     *         "lost_by": {},
                     *         "lost_batches": 0,
                     *         "lost_exchanges": 0,
                     *         "sampling": null,
                     *         "hosts": 3,
                     *         "coverage": 1
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["FailureList"];
                };
            };
            /** @description Unchanged since the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A parameter is wrong (named in `errors`), or the credentials are malformed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No access token, or not a valid one; see `WWW-Authenticate`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token lacks the scope, or may not see this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; see `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store or the authorization server is away; see `Retry-After`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listClients: {
        parameters: {
            query?: {
                /** @description Start of the range, included; floored to the step. RFC 3339, unix seconds, or `now`, `now-15m`, `now-1h`, `now-1d`. Default: one hour before end. */
                start?: string;
                /** @description End of the range, excluded; ceiled to the step. RFC 3339, unix seconds, or `now`, `now-15m`, `now-1h`, `now-1d`. */
                end?: string;
                /** @description Width of a point: a multiple of 10 seconds, as `10s`, `1m`, `1h` or seconds. Default: by range, at most 360 points. What is older than 24 hours is kept in minutes, what is older than 7 days in hours. */
                step?: string;
                /** @description Only this service. */
                service?: string;
                /** @description Only this client: its name where the host knows it, else its address as the policy let it leave; `{other}` is what is over the budget. */
                client?: string;
                /** @description What comes first: the largest. */
                sort?: "exchanges" | "failures";
                /** @description Rows of one page. */
                limit?: number;
                /** @description `next_cursor` of the page before, with the same other parameters. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The rows, with how far they can be trusted. */
            200: {
                headers: {
                    /** @description Changes when any window of the range does. */
                    ETag?: string;
                    /** @description As given, else made; in the log and in every problem. */
                    "X-Request-Id"?: string;
                    /** @description What is left: `"default";r=599;t=60` (draft-ietf-httpapi-ratelimit-headers). */
                    RateLimit?: string;
                    /** @description `"default";q=600;w=60`: requests in a window of seconds, per client. */
                    "RateLimit-Policy"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "range": {
                     *         "start": "2026-11-22T09:00:00Z",
                     *         "end": "2026-11-22T10:00:00Z",
                     *         "step": 10
                     *       },
                     *       "data": [
                     *         {
                     *           "client": "checkout",
                     *           "service": "shop",
                     *           "exchanges": 9120,
                     *           "client_errors": 41,
                     *           "server_errors": 3,
                     *           "transport_errors": 1,
                     *           "error_ratio": 0.004934,
                     *           "statuses": {
                     *             "0": 1,
                     *             "200": 9075,
                     *             "404": 41,
                     *             "503": 3
                     *           },
                     *           "share": 0.178111,
                     *           "at_least": false
                     *         }
                     *       ],
                     *       "quality": {
                     *         "complete": true,
                     *         "lost": 0,
                     *         "lost_by": {},
                     *         "lost_batches": 0,
                     *         "lost_exchanges": 0,
                     *         "sampling": null,
                     *         "hosts": 3,
                     *         "coverage": 1
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["ClientList"];
                };
            };
            /** @description Unchanged since the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A parameter is wrong (named in `errors`), or the credentials are malformed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No access token, or not a valid one; see `WWW-Authenticate`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token lacks the scope, or may not see this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; see `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store or the authorization server is away; see `Retry-After`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listLatency: {
        parameters: {
            query?: {
                /** @description Start of the range, included; floored to the step. RFC 3339, unix seconds, or `now`, `now-15m`, `now-1h`, `now-1d`. Default: one hour before end. */
                start?: string;
                /** @description End of the range, excluded; ceiled to the step. RFC 3339, unix seconds, or `now`, `now-15m`, `now-1h`, `now-1d`. */
                end?: string;
                /** @description Width of a point: a multiple of 10 seconds, as `10s`, `1m`, `1h` or seconds. Default: by range, at most 360 points. What is older than 24 hours is kept in minutes, what is older than 7 days in hours. */
                step?: string;
                /** @description Side of the exchange that was watched. Where both ends are watched an exchange is seen once in each role; nothing sums over roles. */
                role?: "server" | "client";
                /** @description Only this service. */
                service?: string;
                /** @description Only this method, as sent. */
                method?: string;
                /** @description Only this route template, e.g. `/users/{int}`. */
                route?: string;
                /** @description Only these statuses: `404`, `4xx`, or several with commas. 0: there was no response. */
                status?: string;
                /** @description `heatmap`: points are distributions (LatencyHeatmapPoint) in place of quantiles. */
                view?: "heatmap";
                /** @description Which latency the heatmap shows: time to first byte, or total time. */
                metric?: "ttfb" | "total";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The rows, with how far they can be trusted. */
            200: {
                headers: {
                    /** @description Changes when any window of the range does. */
                    ETag?: string;
                    /** @description As given, else made; in the log and in every problem. */
                    "X-Request-Id"?: string;
                    /** @description What is left: `"default";r=599;t=60` (draft-ietf-httpapi-ratelimit-headers). */
                    RateLimit?: string;
                    /** @description `"default";q=600;w=60`: requests in a window of seconds, per client. */
                    "RateLimit-Policy"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "range": {
                     *         "start": "2026-11-22T09:00:00Z",
                     *         "end": "2026-11-22T10:00:00Z",
                     *         "step": 60
                     *       },
                     *       "data": [
                     *         {
                     *           "t": "2026-11-22T09:00:00Z",
                     *           "exchanges": 850,
                     *           "ttfb_ms": {
                     *             "p50": 1.4,
                     *             "p90": 5.2,
                     *             "p95": 8.9,
                     *             "p99": 21.3,
                     *             "p999": 80.1
                     *           },
                     *           "total_ms": {
                     *             "p50": 1.6,
                     *             "p90": 6,
                     *             "p95": 9.4,
                     *             "p99": 25,
                     *             "p999": 91.7
                     *           },
                     *           "complete": true
                     *         }
                     *       ],
                     *       "quality": {
                     *         "complete": true,
                     *         "lost": 0,
                     *         "lost_by": {},
                     *         "lost_batches": 0,
                     *         "lost_exchanges": 0,
                     *         "sampling": null,
                     *         "hosts": 3,
                     *         "coverage": 1
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["LatencyPointList"] | components["schemas"]["LatencyHeatmapPointList"];
                };
            };
            /** @description Unchanged since the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A parameter is wrong (named in `errors`), or the credentials are malformed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No access token, or not a valid one; see `WWW-Authenticate`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token lacks the scope, or may not see this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; see `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store or the authorization server is away; see `Retry-After`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listHeaders: {
        parameters: {
            query?: {
                /** @description Start of the range, included; floored to the step. RFC 3339, unix seconds, or `now`, `now-15m`, `now-1h`, `now-1d`. Default: one hour before end. */
                start?: string;
                /** @description End of the range, excluded; ceiled to the step. RFC 3339, unix seconds, or `now`, `now-15m`, `now-1h`, `now-1d`. */
                end?: string;
                /** @description Width of a point: a multiple of 10 seconds, as `10s`, `1m`, `1h` or seconds. Default: by range, at most 360 points. What is older than 24 hours is kept in minutes, what is older than 7 days in hours. */
                step?: string;
                /** @description Side of the exchange that was watched. Where both ends are watched an exchange is seen once in each role; nothing sums over roles. */
                role?: "server" | "client";
                /** @description Only this service. */
                service?: string;
                /** @description Only headers of requests or of responses. */
                direction?: "request" | "response";
                /** @description Only this header, case-insensitively. */
                name?: string;
                /** @description Keys of a row. */
                group_by?: "name,direction" | "name,direction,service";
                /** @description `series` (needs `name`): each row also has its series, one entry a step. */
                view?: "series";
                /** @description Rows of one page. */
                limit?: number;
                /** @description `next_cursor` of the page before, with the same other parameters. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The rows, with how far they can be trusted. */
            200: {
                headers: {
                    /** @description Changes when any window of the range does. */
                    ETag?: string;
                    /** @description As given, else made; in the log and in every problem. */
                    "X-Request-Id"?: string;
                    /** @description What is left: `"default";r=599;t=60` (draft-ietf-httpapi-ratelimit-headers). */
                    RateLimit?: string;
                    /** @description `"default";q=600;w=60`: requests in a window of seconds, per client. */
                    "RateLimit-Policy"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "range": {
                     *         "start": "2026-11-22T09:00:00Z",
                     *         "end": "2026-11-22T10:00:00Z",
                     *         "step": 10
                     *       },
                     *       "data": [
                     *         {
                     *           "name": "content-type",
                     *           "direction": "response",
                     *           "exchanges": 51000,
                     *           "presence": 0.996016,
                     *           "presence_before": 0.995,
                     *           "sensitive": false,
                     *           "distinct": 4,
                     *           "bytes": 1530000,
                     *           "top": [
                     *             {
                     *               "value": "application/json",
                     *               "exchanges": 50100,
                     *               "error": 0
                     *             }
                     *           ],
                     *           "sampled": false
                     *         }
                     *       ],
                     *       "quality": {
                     *         "complete": true,
                     *         "lost": 0,
                     *         "lost_by": {},
                     *         "lost_batches": 0,
                     *         "lost_exchanges": 0,
                     *         "sampling": null,
                     *         "hosts": 3,
                     *         "coverage": 1
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["HeaderList"];
                };
            };
            /** @description Unchanged since the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A parameter is wrong (named in `errors`), or the credentials are malformed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No access token, or not a valid one; see `WWW-Authenticate`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token lacks the scope, or may not see this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; see `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store or the authorization server is away; see `Retry-After`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listExchanges: {
        parameters: {
            query?: {
                /** @description Start of the range, included; floored to the step. RFC 3339, unix seconds, or `now`, `now-15m`, `now-1h`, `now-1d`. Default: 24 hours before end, as long as samples are kept. */
                start?: string;
                /** @description End of the range, excluded; ceiled to the step. RFC 3339, unix seconds, or `now`, `now-15m`, `now-1h`, `now-1d`. */
                end?: string;
                /** @description Side of the exchange that was watched. Where both ends are watched an exchange is seen once in each role; nothing sums over roles. */
                role?: "server" | "client";
                /** @description Only this service. */
                service?: string;
                /** @description Only this method, as sent. */
                method?: string;
                /** @description Only this route template, e.g. `/users/{int}`. */
                route?: string;
                /** @description Only these statuses: `404`, `4xx`, or several with commas. 0: there was no response. */
                status?: string;
                /** @description Only this host. */
                host?: string;
                /** @description Rows of one page. */
                limit?: number;
                /** @description `next_cursor` of the page before, with the same other parameters. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The rows, with how far they can be trusted. */
            200: {
                headers: {
                    /** @description Changes when any window of the range does. */
                    ETag?: string;
                    /** @description As given, else made; in the log and in every problem. */
                    "X-Request-Id"?: string;
                    /** @description What is left: `"default";r=599;t=60` (draft-ietf-httpapi-ratelimit-headers). */
                    RateLimit?: string;
                    /** @description `"default";q=600;w=60`: requests in a window of seconds, per client. */
                    "RateLimit-Policy"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "range": {
                     *         "start": "2026-11-22T09:00:00Z",
                     *         "end": "2026-11-22T10:00:00Z",
                     *         "step": 10
                     *       },
                     *       "data": [
                     *         {
                     *           "kept": "failed",
                     *           "seen_at": "2026-11-22T09:59:58Z",
                     *           "host": "web-1",
                     *           "exchange": {
                     *             "start_time": "2026-11-22T09:59:58.001200300Z",
                     *             "headwater.phase": "complete",
                     *             "headwater.role": "server",
                     *             "service.name": "shop",
                     *             "http.request.method": "POST",
                     *             "http.route": "/pay",
                     *             "http.response.status_code": 500,
                     *             "headwater.ttfb_ns": 40100000,
                     *             "http.request.headers": [
                     *               {
                     *                 "name": "Content-Type",
                     *                 "value": "application/json",
                     *                 "action": "keep"
                     *               }
                     *             ],
                     *             "http.response.headers": [],
                     *             "headwater.connection": "81723",
                     *             "headwater.ordinal": 4,
                     *             "headwater.weight": 1,
                     *             "headwater.flags": []
                     *           }
                     *         }
                     *       ],
                     *       "quality": {
                     *         "complete": true,
                     *         "lost": 0,
                     *         "lost_by": {},
                     *         "lost_batches": 0,
                     *         "lost_exchanges": 0,
                     *         "sampling": null,
                     *         "hosts": 3,
                     *         "coverage": 1
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["ExchangeList"];
                };
            };
            /** @description Unchanged since the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A parameter is wrong (named in `errors`), or the credentials are malformed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No access token, or not a valid one; see `WWW-Authenticate`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token lacks the scope, or may not see this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; see `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store or the authorization server is away; see `Retry-After`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listAgents: {
        parameters: {
            query?: {
                /** @description Start of the range, included; floored to the step. RFC 3339, unix seconds, or `now`, `now-15m`, `now-1h`, `now-1d`. Default: one hour before end. */
                start?: string;
                /** @description End of the range, excluded; ceiled to the step. RFC 3339, unix seconds, or `now`, `now-15m`, `now-1h`, `now-1d`. */
                end?: string;
                /** @description Width of a point: a multiple of 10 seconds, as `10s`, `1m`, `1h` or seconds. Default: by range, at most 360 points. What is older than 24 hours is kept in minutes, what is older than 7 days in hours. */
                step?: string;
                /** @description Only this host. */
                host?: string;
                /** @description Rows of one page. */
                limit?: number;
                /** @description `next_cursor` of the page before, with the same other parameters. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The rows, with how far they can be trusted. */
            200: {
                headers: {
                    /** @description Changes when any window of the range does. */
                    ETag?: string;
                    /** @description As given, else made; in the log and in every problem. */
                    "X-Request-Id"?: string;
                    /** @description What is left: `"default";r=599;t=60` (draft-ietf-httpapi-ratelimit-headers). */
                    RateLimit?: string;
                    /** @description `"default";q=600;w=60`: requests in a window of seconds, per client. */
                    "RateLimit-Policy"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "range": {
                     *         "start": "2026-11-22T09:00:00Z",
                     *         "end": "2026-11-22T10:00:00Z",
                     *         "step": 10
                     *       },
                     *       "data": [
                     *         {
                     *           "host": "web-1",
                     *           "version": "0.1.0",
                     *           "hooks": "sock",
                     *           "hooks_why": "auto: the kernel has the tracepoints of sockets",
                     *           "scope": [
                     *             "port=8080"
                     *           ],
                     *           "policy": "shop@3+fleet@7",
                     *           "source": "live",
                     *           "kernel": "6.12.0",
                     *           "incarnation": "0190f0a2",
                     *           "started_at": "2026-11-22T08:00:00Z",
                     *           "exchanges": 51204,
                     *           "losses": {
                     *             "ring_full": 0
                     *           },
                     *           "filtered": {},
                     *           "coverage": 1,
                     *           "policy_state": {
                     *             "host": "shop@3",
                     *             "source": "file",
                     *             "loaded_at": "2026-11-22T08:00:00Z",
                     *             "narrowing": {
                     *               "policy": "fleet@7",
                     *               "key": "k1",
                     *               "accepted_at": "2026-11-22T08:00:02Z"
                     *             },
                     *             "refused": null
                     *           },
                     *           "sampling": {
                     *             "reason": "governor",
                     *             "one_in": 2,
                     *             "since": "2026-11-22T09:58:40Z"
                     *           },
                     *           "cpu_percent": 4.2,
                     *           "cpu_ceiling_percent": 5,
                     *           "spool": {
                     *             "bytes": 0,
                     *             "batches": 0,
                     *             "oldest_at": null
                     *           },
                     *           "unread_by": [
                     *             {
                     *               "executable": "curl",
                     *               "reason": "tls",
                     *               "messages": 31
                     *             }
                     *           ],
                     *           "lag_ms": 210,
                     *           "skew_ms": 3,
                     *           "account": {
                     *             "request": {
                     *               "started": 51206,
                     *               "emitted": 51204,
                     *               "filtered": {},
                     *               "lost": {},
                     *               "in_flight": 2
                     *             },
                     *             "response": {
                     *               "started": 51204,
                     *               "emitted": 51204,
                     *               "filtered": {},
                     *               "lost": {},
                     *               "in_flight": 0
                     *             },
                     *             "exchanges": 51204,
                     *             "batches": 3600,
                     *             "lost_batches": {},
                     *             "clamped_times": 0,
                     *             "late_exchanges": 0,
                     *             "sampling": [
                     *               {
                     *                 "reason": "governor",
                     *                 "one_in": 8,
                     *                 "exchanges": 41020,
                     *                 "kept": 5402
                     *               }
                     *             ]
                     *           },
                     *           "seen_at": "2026-11-22T09:59:58Z",
                     *           "alive": true,
                     *           "conflicts": []
                     *         }
                     *       ],
                     *       "quality": {
                     *         "complete": true,
                     *         "lost": 0,
                     *         "lost_by": {},
                     *         "lost_batches": 0,
                     *         "lost_exchanges": 0,
                     *         "sampling": null,
                     *         "hosts": 3,
                     *         "coverage": 1
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["AgentList"];
                };
            };
            /** @description Unchanged since the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A parameter is wrong (named in `errors`), or the credentials are malformed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No access token, or not a valid one; see `WWW-Authenticate`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token lacks the scope, or may not see this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; see `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store or the authorization server is away; see `Retry-After`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listAlerts: {
        parameters: {
            query?: {
                /** @description Alerts that were open at any time from here (RFC 3339, unix seconds or `now-1d`). Default: seven days before end. */
                start?: string;
                /** @description End of the range, excluded. */
                end?: string;
                /** @description Which alerts. */
                state?: "open" | "resolved" | "all";
                /** @description Only these severities, with commas: page, ticket, info. */
                severity?: string;
                /** @description Only alerts of this rule. */
                rule?: string;
                /** @description Only this service. */
                service?: string;
                /** @description Only this host. */
                host?: string;
                /** @description Only the alert with this id, whenever it was. */
                id?: string;
                /** @description Rows of one page. */
                limit?: number;
                /** @description `next_cursor` of the page before, with the same other parameters. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The alerts. */
            200: {
                headers: {
                    /** @description Changes when any window of the range does. */
                    ETag?: string;
                    /** @description As given, else made; in the log and in every problem. */
                    "X-Request-Id"?: string;
                    /** @description What is left: `"default";r=599;t=60` (draft-ietf-httpapi-ratelimit-headers). */
                    RateLimit?: string;
                    /** @description `"default";q=600;w=60`: requests in a window of seconds, per client. */
                    "RateLimit-Policy"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "range": {
                     *         "start": "2026-11-15T10:00:00Z",
                     *         "end": "2026-11-22T10:00:00Z"
                     *       },
                     *       "data": [
                     *         {
                     *           "schema": 1,
                     *           "id": "3f0c4a6b1de7a2985f0c4a6b1de7a298",
                     *           "rule": "error-burn-fast",
                     *           "kind": "error_burn",
                     *           "severity": "page",
                     *           "subject": {
                     *             "service": "shop"
                     *           },
                     *           "state": "open",
                     *           "title": "shop spends its error budget 75.7 times as fast as its objective allows (312 of 4,120 exchanges failed in 5 minutes)",
                     *           "description": "At this rate the budget of 30 days is gone in under 10 hours. Look at the failing routes of shop first.",
                     *           "opened_at": "2026-11-22T09:41:00Z",
                     *           "opening_window": {
                     *             "start": "2026-11-22T09:40:00Z",
                     *             "end": "2026-11-22T09:41:00Z"
                     *           },
                     *           "resolved_at": null,
                     *           "resolution": null,
                     *           "values": {
                     *             "failures": 312,
                     *             "exchanges": 4120,
                     *             "error_ratio": 0.075728,
                     *             "burn_rate_long": 15.2,
                     *             "burn_rate_short": 75.7
                     *           },
                     *           "last_values": {
                     *             "failures": 401,
                     *             "exchanges": 4090,
                     *             "error_ratio": 0.075728,
                     *             "burn_rate_long": 15.2,
                     *             "burn_rate_short": 75.7
                     *           },
                     *           "complete": true,
                     *           "muted_by": null,
                     *           "revision": 3,
                     *           "muted": false
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["AlertList"];
                };
            };
            /** @description Unchanged since the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A parameter is wrong (named in `errors`), or the credentials are malformed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No access token, or not a valid one; see `WWW-Authenticate`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token lacks the scope, or may not see this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; see `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store or the authorization server is away; see `Retry-After`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listAlertRules: {
        parameters: {
            query?: {
                /** @description `preview`: each rule also has how often it would have opened in the last 24 hours of closed windows. */
                view?: "preview";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The rules. */
            200: {
                headers: {
                    /** @description Changes when any window of the range does. */
                    ETag?: string;
                    /** @description As given, else made; in the log and in every problem. */
                    "X-Request-Id"?: string;
                    /** @description What is left: `"default";r=599;t=60` (draft-ietf-httpapi-ratelimit-headers). */
                    RateLimit?: string;
                    /** @description `"default";q=600;w=60`: requests in a window of seconds, per client. */
                    "RateLimit-Policy"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "source": "built-in",
                     *       "loaded_at": "2026-11-22T08:00:00Z",
                     *       "data": [
                     *         {
                     *           "id": "new-failing-route",
                     *           "kind": "new_failing_route",
                     *           "severity": "ticket",
                     *           "enabled": true,
                     *           "subjects": [],
                     *           "resolve_after_minutes": 10,
                     *           "quiet_hours": 24,
                     *           "min_failures": 10,
                     *           "min_ratio": 0.05,
                     *           "within_minutes": 10,
                     *           "client_errors": false,
                     *           "open": 0,
                     *           "fired_last_day": 2
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["AlertRuleList"];
                };
            };
            /** @description Unchanged since the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A parameter is wrong (named in `errors`), or the credentials are malformed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No access token, or not a valid one; see `WWW-Authenticate`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token lacks the scope, or may not see this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; see `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store or the authorization server is away; see `Retry-After`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    previewAlertRule: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AlertRulePreviewRequest"];
            };
        };
        responses: {
            /** @description What it would have done. */
            200: {
                headers: {
                    /** @description Changes when any window of the range does. */
                    ETag?: string;
                    /** @description As given, else made; in the log and in every problem. */
                    "X-Request-Id"?: string;
                    /** @description What is left: `"default";r=599;t=60` (draft-ietf-httpapi-ratelimit-headers). */
                    RateLimit?: string;
                    /** @description `"default";q=600;w=60`: requests in a window of seconds, per client. */
                    "RateLimit-Policy"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "range": {
                     *         "start": "2026-11-22T04:00:00Z",
                     *         "end": "2026-11-22T10:00:00Z"
                     *       },
                     *       "rule": {
                     *         "id": "new-failing-route",
                     *         "kind": "new_failing_route",
                     *         "severity": "ticket",
                     *         "enabled": true,
                     *         "subjects": [],
                     *         "resolve_after_minutes": 10,
                     *         "quiet_hours": 24,
                     *         "min_failures": 10,
                     *         "min_ratio": 0.05,
                     *         "within_minutes": 10,
                     *         "client_errors": false
                     *       },
                     *       "fired": 1,
                     *       "data": [
                     *         {
                     *           "subject": {
                     *             "service": "shop",
                     *             "method": "POST",
                     *             "route": "/orders"
                     *           },
                     *           "title": "POST /orders of shop began to fail",
                     *           "opened_at": "2026-11-22T09:14:00Z",
                     *           "resolved_at": "2026-11-22T09:52:00Z",
                     *           "values": {
                     *             "failures": 14,
                     *             "exchanges": 120,
                     *             "error_ratio": 0.116667
                     *           }
                     *         }
                     *       ],
                     *       "quality": {
                     *         "complete": true,
                     *         "lost": 0,
                     *         "lost_by": {},
                     *         "lost_batches": 0,
                     *         "lost_exchanges": 0,
                     *         "sampling": null,
                     *         "hosts": 3,
                     *         "coverage": 1
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["AlertRulePreview"];
                };
            };
            /** @description A parameter is wrong (named in `errors`), or the credentials are malformed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No access token, or not a valid one; see `WWW-Authenticate`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token lacks the scope, or may not see this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It would go through too much: more than 150,000 minutes of services. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is larger than 64 KiB. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is no JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; see `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store or the authorization server is away; see `Retry-After`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listMutes: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The mutes. */
            200: {
                headers: {
                    /** @description Changes when any window of the range does. */
                    ETag?: string;
                    /** @description As given, else made; in the log and in every problem. */
                    "X-Request-Id"?: string;
                    /** @description What is left: `"default";r=599;t=60` (draft-ietf-httpapi-ratelimit-headers). */
                    RateLimit?: string;
                    /** @description `"default";q=600;w=60`: requests in a window of seconds, per client. */
                    "RateLimit-Policy"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "schema": 1,
                     *           "id": "9b1f0c4a6b1de7a2985f0c4a6b1de7a2",
                     *           "match": {
                     *             "service": "shop",
                     *             "severity": "page"
                     *           },
                     *           "ends_at": "2026-11-22T12:00:00Z",
                     *           "comment": "Release 4.2: errors are expected until the migration is through.",
                     *           "starts_at": "2026-11-22T10:00:00Z",
                     *           "created_by": "admin",
                     *           "created_at": "2026-11-22T10:00:00Z",
                     *           "state": "active"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["MuteList"];
                };
            };
            /** @description Unchanged since the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A parameter is wrong (named in `errors`), or the credentials are malformed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No access token, or not a valid one; see `WWW-Authenticate`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token lacks the scope, or may not see this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; see `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store or the authorization server is away; see `Retry-After`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createMute: {
        parameters: {
            query?: never;
            header?: {
                /** @description Of your choice: a request sent again with it gets what the first one made (draft-ietf-httpapi-idempotency-key-header). */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MuteRequest"];
            };
        };
        responses: {
            /** @description It is in force from starts_at on. */
            201: {
                headers: {
                    /** @description Changes when any window of the range does. */
                    ETag?: string;
                    /** @description As given, else made; in the log and in every problem. */
                    "X-Request-Id"?: string;
                    /** @description What is left: `"default";r=599;t=60` (draft-ietf-httpapi-ratelimit-headers). */
                    RateLimit?: string;
                    /** @description `"default";q=600;w=60`: requests in a window of seconds, per client. */
                    "RateLimit-Policy"?: string;
                    /** @description Path of the mute. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "schema": 1,
                     *       "id": "9b1f0c4a6b1de7a2985f0c4a6b1de7a2",
                     *       "match": {
                     *         "service": "shop",
                     *         "severity": "page"
                     *       },
                     *       "ends_at": "2026-11-22T12:00:00Z",
                     *       "comment": "Release 4.2: errors are expected until the migration is through.",
                     *       "starts_at": "2026-11-22T10:00:00Z",
                     *       "created_by": "admin",
                     *       "created_at": "2026-11-22T10:00:00Z",
                     *       "state": "active"
                     *     }
                     */
                    "application/json": components["schemas"]["Mute"];
                };
            };
            /** @description A parameter is wrong (named in `errors`), or the credentials are malformed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No access token, or not a valid one; see `WWW-Authenticate`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token lacks the scope, or may not see this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There are 500 already. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is larger than 64 KiB. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is no JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The Idempotency-Key came with another mute before. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; see `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store or the authorization server is away; see `Retry-After`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getMute: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the mute. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The mute. */
            200: {
                headers: {
                    /** @description Changes when any window of the range does. */
                    ETag?: string;
                    /** @description As given, else made; in the log and in every problem. */
                    "X-Request-Id"?: string;
                    /** @description What is left: `"default";r=599;t=60` (draft-ietf-httpapi-ratelimit-headers). */
                    RateLimit?: string;
                    /** @description `"default";q=600;w=60`: requests in a window of seconds, per client. */
                    "RateLimit-Policy"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "schema": 1,
                     *       "id": "9b1f0c4a6b1de7a2985f0c4a6b1de7a2",
                     *       "match": {
                     *         "service": "shop",
                     *         "severity": "page"
                     *       },
                     *       "ends_at": "2026-11-22T12:00:00Z",
                     *       "comment": "Release 4.2: errors are expected until the migration is through.",
                     *       "starts_at": "2026-11-22T10:00:00Z",
                     *       "created_by": "admin",
                     *       "created_at": "2026-11-22T10:00:00Z",
                     *       "state": "active"
                     *     }
                     */
                    "application/json": components["schemas"]["Mute"];
                };
            };
            /** @description Unchanged since the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A parameter is wrong (named in `errors`), or the credentials are malformed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No access token, or not a valid one; see `WWW-Authenticate`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token lacks the scope, or may not see this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is none with this id, or none the token may see. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; see `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store or the authorization server is away; see `Retry-After`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteMute: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the mute. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    /** @description Changes when any window of the range does. */
                    ETag?: string;
                    /** @description As given, else made; in the log and in every problem. */
                    "X-Request-Id"?: string;
                    /** @description What is left: `"default";r=599;t=60` (draft-ietf-httpapi-ratelimit-headers). */
                    RateLimit?: string;
                    /** @description `"default";q=600;w=60`: requests in a window of seconds, per client. */
                    "RateLimit-Policy"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A parameter is wrong (named in `errors`), or the credentials are malformed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No access token, or not a valid one; see `WWW-Authenticate`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token lacks the scope, or may not see this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is none with this id, or none the token may see. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; see `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store or the authorization server is away; see `Retry-After`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listInsights: {
        parameters: {
            query?: {
                /** @description Insights whose window ends after this (RFC 3339, unix seconds or `now-1d`). Default: seven days before end. */
                start?: string;
                /** @description Insights whose window begins before this. */
                end?: string;
                /** @description Only those about this service, or with a finding that rests on it. */
                service?: string;
                /** @description Only those about this host, or with a finding that rests on it. */
                host?: string;
                /** @description Only those of these triggers, with commas: alert, digest, request. */
                trigger?: string;
                /** @description Only those in these states, with commas: queued, running, done, failed. */
                state?: string;
                /** @description Only those with a finding of at least this severity. */
                severity?: "page" | "ticket" | "info";
                /** @description Only those with a finding by rules, or of a model. With `severity`: with one that is both. */
                source?: "rules" | "model";
                /** @description Only those that look at the alert with this id. */
                alert?: string;
                /** @description What comes first: what was made last. */
                sort?: "newest";
                /** @description Rows of one page. */
                limit?: number;
                /** @description `next_cursor` of the page before, with the same other parameters. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The insights. */
            200: {
                headers: {
                    /** @description Changes when any window of the range does. */
                    ETag?: string;
                    /** @description As given, else made; in the log and in every problem. */
                    "X-Request-Id"?: string;
                    /** @description What is left: `"default";r=599;t=60` (draft-ietf-httpapi-ratelimit-headers). */
                    RateLimit?: string;
                    /** @description `"default";q=600;w=60`: requests in a window of seconds, per client. */
                    "RateLimit-Policy"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "range": {
                     *         "start": "2026-11-15T10:00:00Z",
                     *         "end": "2026-11-22T10:00:00Z"
                     *       },
                     *       "data": [
                     *         {
                     *           "schema": 1,
                     *           "id": "3f0c4a6b1de7a2985f0c4a6b1de7a298",
                     *           "trigger": "alert",
                     *           "subject": {
                     *             "service": "shop"
                     *           },
                     *           "state": "done",
                     *           "failure": null,
                     *           "window": {
                     *             "start": "2026-11-22T09:30:00Z",
                     *             "end": "2026-11-22T09:45:00Z"
                     *           },
                     *           "compared_with": {
                     *             "start": "2026-11-22T09:15:00Z",
                     *             "end": "2026-11-22T09:30:00Z"
                     *           },
                     *           "created_at": "2026-11-22T09:45:40Z",
                     *           "updated_at": "2026-11-22T09:45:52Z",
                     *           "alerts": [
                     *             "9b1f0c4a6b1de7a2985f0c4a6b1de7a2"
                     *           ],
                     *           "complete": true,
                     *           "findings": [
                     *             {
                     *               "id": "m1",
                     *               "source": "model",
                     *               "severity": "page",
                     *               "title": "POST /orders of shop began to fail",
                     *               "what_changed": "7.573 % of its exchanges fail, against 0.031 % in the 15 minutes before; the other routes of shop are as they were.",
                     *               "likely_cause": "What POST /orders alone depends on.",
                     *               "check_next": [
                     *                 "Compare failed and good exchanges of POST /orders",
                     *                 "Look at what was released at 09:38"
                     *               ],
                     *               "confidence": "medium",
                     *               "evidence": [
                     *                 {
                     *                   "id": "ep_1",
                     *                   "kind": "endpoint",
                     *                   "label": "POST /orders of shop",
                     *                   "service": "shop",
                     *                   "method": "POST",
                     *                   "route": "/orders",
                     *                   "figures": {
                     *                     "exchanges": 4120,
                     *                     "error_pct": 7.573,
                     *                     "before_error_pct": 0.031
                     *                   },
                     *                   "href": "/services/shop?from=2026-11-22T09:30:00Z&to=2026-11-22T09:45:00Z&method=POST&route=/orders"
                     *                 }
                     *               ]
                     *             }
                     *           ],
                     *           "model": {
                     *             "state": "done",
                     *             "reason": null,
                     *             "detail": null,
                     *             "gateway": "portkey",
                     *             "model": "gpt-5-mini",
                     *             "input_sha256": "5f0c4a6b1de7a2983f0c4a6b1de7a2985f0c4a6b1de7a2983f0c4a6b1de7a298",
                     *             "sent_at": "2026-11-22T09:45:42Z",
                     *             "took_ms": 9310,
                     *             "attempts": 1,
                     *             "repaired": false,
                     *             "format": "json_schema",
                     *             "tokens": {
                     *               "input": 2914,
                     *               "output": 412
                     *             },
                     *             "cost_usd": null,
                     *             "request_id": "req_81723",
                     *             "dropped": {
                     *               "unknown_evidence": 1
                     *             }
                     *           },
                     *           "requested_by": null,
                     *           "revision": 4,
                     *           "links": {
                     *             "self": "/v1/insights/3f0c4a6b1de7a2985f0c4a6b1de7a298",
                     *             "events": "/v1/insights/3f0c4a6b1de7a2985f0c4a6b1de7a298/events",
                     *             "sent": "/v1/insights/3f0c4a6b1de7a2985f0c4a6b1de7a298/sent"
                     *           }
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["InsightList"];
                };
            };
            /** @description Unchanged since the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A parameter is wrong (named in `errors`), or the credentials are malformed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No access token, or not a valid one; see `WWW-Authenticate`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token lacks the scope, or may not see this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; see `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store or the authorization server is away; see `Retry-After`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createInsight: {
        parameters: {
            query?: never;
            header?: {
                /** @description Of your choice: a request sent again with it gets what the first one made (draft-ietf-httpapi-idempotency-key-header). */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["InsightRequest"];
            };
        };
        responses: {
            /** @description It is done already, the model asked too. */
            200: {
                headers: {
                    /** @description Changes when any window of the range does. */
                    ETag?: string;
                    /** @description As given, else made; in the log and in every problem. */
                    "X-Request-Id"?: string;
                    /** @description What is left: `"default";r=599;t=60` (draft-ietf-httpapi-ratelimit-headers). */
                    RateLimit?: string;
                    /** @description `"default";q=600;w=60`: requests in a window of seconds, per client. */
                    "RateLimit-Policy"?: string;
                    /** @description Path of the insight. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "schema": 1,
                     *       "id": "3f0c4a6b1de7a2985f0c4a6b1de7a298",
                     *       "trigger": "request",
                     *       "subject": {
                     *         "service": "shop"
                     *       },
                     *       "state": "done",
                     *       "failure": null,
                     *       "window": {
                     *         "start": "2026-11-22T09:30:00Z",
                     *         "end": "2026-11-22T09:45:00Z"
                     *       },
                     *       "compared_with": {
                     *         "start": "2026-11-22T09:15:00Z",
                     *         "end": "2026-11-22T09:30:00Z"
                     *       },
                     *       "created_at": "2026-11-22T09:45:40Z",
                     *       "updated_at": "2026-11-22T09:45:52Z",
                     *       "alerts": [],
                     *       "complete": true,
                     *       "findings": [
                     *         {
                     *           "id": "m1",
                     *           "source": "model",
                     *           "severity": "page",
                     *           "title": "POST /orders of shop began to fail",
                     *           "what_changed": "7.573 % of its exchanges fail, against 0.031 % in the 15 minutes before; the other routes of shop are as they were.",
                     *           "likely_cause": "What POST /orders alone depends on.",
                     *           "check_next": [
                     *             "Compare failed and good exchanges of POST /orders",
                     *             "Look at what was released at 09:38"
                     *           ],
                     *           "confidence": "medium",
                     *           "evidence": [
                     *             {
                     *               "id": "ep_1",
                     *               "kind": "endpoint",
                     *               "label": "POST /orders of shop",
                     *               "service": "shop",
                     *               "method": "POST",
                     *               "route": "/orders",
                     *               "figures": {
                     *                 "exchanges": 4120,
                     *                 "error_pct": 7.573,
                     *                 "before_error_pct": 0.031
                     *               },
                     *               "href": "/services/shop?from=2026-11-22T09:30:00Z&to=2026-11-22T09:45:00Z&method=POST&route=/orders"
                     *             }
                     *           ]
                     *         }
                     *       ],
                     *       "model": {
                     *         "state": "done",
                     *         "reason": null,
                     *         "detail": null,
                     *         "gateway": "portkey",
                     *         "model": "gpt-5-mini",
                     *         "input_sha256": "5f0c4a6b1de7a2983f0c4a6b1de7a2985f0c4a6b1de7a2983f0c4a6b1de7a298",
                     *         "sent_at": "2026-11-22T09:45:42Z",
                     *         "took_ms": 9310,
                     *         "attempts": 1,
                     *         "repaired": false,
                     *         "format": "json_schema",
                     *         "tokens": {
                     *           "input": 2914,
                     *           "output": 412
                     *         },
                     *         "cost_usd": null,
                     *         "request_id": "req_81723",
                     *         "dropped": {
                     *           "unknown_evidence": 1
                     *         }
                     *       },
                     *       "requested_by": "reporter",
                     *       "revision": 4,
                     *       "links": {
                     *         "self": "/v1/insights/3f0c4a6b1de7a2985f0c4a6b1de7a298",
                     *         "events": "/v1/insights/3f0c4a6b1de7a2985f0c4a6b1de7a298/events",
                     *         "sent": "/v1/insights/3f0c4a6b1de7a2985f0c4a6b1de7a298/sent"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Insight"];
                };
            };
            /** @description It is queued, or being made. */
            202: {
                headers: {
                    /** @description Changes when any window of the range does. */
                    ETag?: string;
                    /** @description As given, else made; in the log and in every problem. */
                    "X-Request-Id"?: string;
                    /** @description What is left: `"default";r=599;t=60` (draft-ietf-httpapi-ratelimit-headers). */
                    RateLimit?: string;
                    /** @description `"default";q=600;w=60`: requests in a window of seconds, per client. */
                    "RateLimit-Policy"?: string;
                    /** @description Path of the insight. */
                    Location?: string;
                    /** @description Seconds after which asking for it again is worth while. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "schema": 1,
                     *       "id": "3f0c4a6b1de7a2985f0c4a6b1de7a298",
                     *       "trigger": "request",
                     *       "subject": {
                     *         "service": "shop"
                     *       },
                     *       "state": "queued",
                     *       "failure": null,
                     *       "window": {
                     *         "start": "2026-11-22T09:30:00Z",
                     *         "end": "2026-11-22T09:45:00Z"
                     *       },
                     *       "compared_with": null,
                     *       "created_at": "2026-11-22T09:45:40Z",
                     *       "updated_at": "2026-11-22T09:45:40Z",
                     *       "alerts": [],
                     *       "complete": false,
                     *       "findings": [],
                     *       "model": {
                     *         "state": "pending",
                     *         "reason": null,
                     *         "detail": null,
                     *         "gateway": null,
                     *         "model": null,
                     *         "input_sha256": null,
                     *         "sent_at": null,
                     *         "took_ms": null,
                     *         "attempts": 0,
                     *         "repaired": false,
                     *         "format": null,
                     *         "tokens": null,
                     *         "cost_usd": null,
                     *         "request_id": null,
                     *         "dropped": {}
                     *       },
                     *       "requested_by": "reporter",
                     *       "revision": 1,
                     *       "links": {
                     *         "self": "/v1/insights/3f0c4a6b1de7a2985f0c4a6b1de7a298",
                     *         "events": "/v1/insights/3f0c4a6b1de7a2985f0c4a6b1de7a298/events",
                     *         "sent": null
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Insight"];
                };
            };
            /** @description A parameter is wrong (named in `errors`), or the credentials are malformed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No access token, or not a valid one; see `WWW-Authenticate`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token lacks the scope, or may not see this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is larger than 64 KiB. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is no JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Nothing was seen of the service or host (`unknown-subject`), or the Idempotency-Key came with another request before. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; see `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This API has no bus to hand requests to (`insights-not-accepted`). */
            501: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store or the authorization server is away; see `Retry-After`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getInsight: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the insight. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The insight. */
            200: {
                headers: {
                    /** @description Changes when any window of the range does. */
                    ETag?: string;
                    /** @description As given, else made; in the log and in every problem. */
                    "X-Request-Id"?: string;
                    /** @description What is left: `"default";r=599;t=60` (draft-ietf-httpapi-ratelimit-headers). */
                    RateLimit?: string;
                    /** @description `"default";q=600;w=60`: requests in a window of seconds, per client. */
                    "RateLimit-Policy"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "schema": 1,
                     *       "id": "3f0c4a6b1de7a2985f0c4a6b1de7a298",
                     *       "trigger": "alert",
                     *       "subject": {
                     *         "service": "shop"
                     *       },
                     *       "state": "done",
                     *       "failure": null,
                     *       "window": {
                     *         "start": "2026-11-22T09:30:00Z",
                     *         "end": "2026-11-22T09:45:00Z"
                     *       },
                     *       "compared_with": {
                     *         "start": "2026-11-22T09:15:00Z",
                     *         "end": "2026-11-22T09:30:00Z"
                     *       },
                     *       "created_at": "2026-11-22T09:45:40Z",
                     *       "updated_at": "2026-11-22T09:45:52Z",
                     *       "alerts": [
                     *         "9b1f0c4a6b1de7a2985f0c4a6b1de7a2"
                     *       ],
                     *       "complete": true,
                     *       "findings": [
                     *         {
                     *           "id": "m1",
                     *           "source": "model",
                     *           "severity": "page",
                     *           "title": "POST /orders of shop began to fail",
                     *           "what_changed": "7.573 % of its exchanges fail, against 0.031 % in the 15 minutes before; the other routes of shop are as they were.",
                     *           "likely_cause": "What POST /orders alone depends on.",
                     *           "check_next": [
                     *             "Compare failed and good exchanges of POST /orders",
                     *             "Look at what was released at 09:38"
                     *           ],
                     *           "confidence": "medium",
                     *           "evidence": [
                     *             {
                     *               "id": "ep_1",
                     *               "kind": "endpoint",
                     *               "label": "POST /orders of shop",
                     *               "service": "shop",
                     *               "method": "POST",
                     *               "route": "/orders",
                     *               "figures": {
                     *                 "exchanges": 4120,
                     *                 "error_pct": 7.573,
                     *                 "before_error_pct": 0.031
                     *               },
                     *               "href": "/services/shop?from=2026-11-22T09:30:00Z&to=2026-11-22T09:45:00Z&method=POST&route=/orders"
                     *             }
                     *           ]
                     *         }
                     *       ],
                     *       "model": {
                     *         "state": "done",
                     *         "reason": null,
                     *         "detail": null,
                     *         "gateway": "portkey",
                     *         "model": "gpt-5-mini",
                     *         "input_sha256": "5f0c4a6b1de7a2983f0c4a6b1de7a2985f0c4a6b1de7a2983f0c4a6b1de7a298",
                     *         "sent_at": "2026-11-22T09:45:42Z",
                     *         "took_ms": 9310,
                     *         "attempts": 1,
                     *         "repaired": false,
                     *         "format": "json_schema",
                     *         "tokens": {
                     *           "input": 2914,
                     *           "output": 412
                     *         },
                     *         "cost_usd": null,
                     *         "request_id": "req_81723",
                     *         "dropped": {
                     *           "unknown_evidence": 1
                     *         }
                     *       },
                     *       "requested_by": null,
                     *       "revision": 4,
                     *       "links": {
                     *         "self": "/v1/insights/3f0c4a6b1de7a2985f0c4a6b1de7a298",
                     *         "events": "/v1/insights/3f0c4a6b1de7a2985f0c4a6b1de7a298/events",
                     *         "sent": "/v1/insights/3f0c4a6b1de7a2985f0c4a6b1de7a298/sent"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Insight"];
                };
            };
            /** @description Unchanged since the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A parameter is wrong (named in `errors`), or the credentials are malformed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No access token, or not a valid one; see `WWW-Authenticate`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token lacks the scope, or may not see this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is none with this id, or none the token may see. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; see `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store or the authorization server is away; see `Retry-After`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getInsightSent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the insight. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was sent. */
            200: {
                headers: {
                    /** @description Changes when any window of the range does. */
                    ETag?: string;
                    /** @description As given, else made; in the log and in every problem. */
                    "X-Request-Id"?: string;
                    /** @description What is left: `"default";r=599;t=60` (draft-ietf-httpapi-ratelimit-headers). */
                    RateLimit?: string;
                    /** @description `"default";q=600;w=60`: requests in a window of seconds, per client. */
                    "RateLimit-Policy"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "schema": 1,
                     *       "input_sha256": "5f0c4a6b1de7a2983f0c4a6b1de7a2985f0c4a6b1de7a2983f0c4a6b1de7a298",
                     *       "insight": "3f0c4a6b1de7a2985f0c4a6b1de7a298",
                     *       "sent_at": "2026-11-22T09:45:42Z",
                     *       "gateway": "portkey",
                     *       "host": "127.0.0.1:8787",
                     *       "model": "gpt-5-mini",
                     *       "input": "{\"schema\":1,\"window\":{\"start\":\"2026-11-22T09:30:00Z\",\"end\":\"2026-11-22T09:45:00Z\"},\"services\":[]}",
                     *       "requests": [
                     *         {
                     *           "at": "2026-11-22T09:45:42Z",
                     *           "body": "{\"model\":\"gpt-5-mini\",\"messages\":[]}",
                     *           "status": 200,
                     *           "answer": "{\"choices\":[]}",
                     *           "error": null
                     *         }
                     *       ],
                     *       "aliases": {
                     *         "ep_1": {
                     *           "kind": "endpoint",
                     *           "label": "POST /orders of shop",
                     *           "service": "shop",
                     *           "method": "POST",
                     *           "route": "/orders"
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["InsightSent"];
                };
            };
            /** @description A parameter is wrong (named in `errors`), or the credentials are malformed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No access token, or not a valid one; see `WWW-Authenticate`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token lacks the scope, or may not see this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such insight, nothing was sent for it, or what was sent is no longer kept. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; see `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store or the authorization server is away; see `Retry-After`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    streamInsight: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the insight. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The stream. */
            200: {
                headers: {
                    /** @description Changes when any window of the range does. */
                    ETag?: string;
                    /** @description As given, else made; in the log and in every problem. */
                    "X-Request-Id"?: string;
                    /** @description What is left: `"default";r=599;t=60` (draft-ietf-httpapi-ratelimit-headers). */
                    RateLimit?: string;
                    /** @description `"default";q=600;w=60`: requests in a window of seconds, per client. */
                    "RateLimit-Policy"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example event: insight
                     *     id: 1
                     *     data: {"schema":1,"id":"3f0c4a6b1de7a2985f0c4a6b1de7a298","trigger":"request","subject":{"service":"shop"},"state":"queued","failure":null,"window":{"start":"2026-11-22T09:30:00Z","end":"2026-11-22T09:45:00Z"},"compared_with":null,"created_at":"2026-11-22T09:45:40Z","updated_at":"2026-11-22T09:45:40Z","alerts":[],"complete":false,"findings":[],"model":{"state":"pending","reason":null,"detail":null,"gateway":null,"model":null,"input_sha256":null,"sent_at":null,"took_ms":null,"attempts":0,"repaired":false,"format":null,"tokens":null,"cost_usd":null,"request_id":null,"dropped":{}},"requested_by":"reporter","revision":1,"links":{"self":"/v1/insights/3f0c4a6b1de7a2985f0c4a6b1de7a298","events":"/v1/insights/3f0c4a6b1de7a2985f0c4a6b1de7a298/events","sent":null}}
                     */
                    "text/event-stream": string;
                };
            };
            /** @description Last-Event-ID is the last revision there will be. */
            204: {
                headers: {
                    /** @description Changes when any window of the range does. */
                    ETag?: string;
                    /** @description As given, else made; in the log and in every problem. */
                    "X-Request-Id"?: string;
                    /** @description What is left: `"default";r=599;t=60` (draft-ietf-httpapi-ratelimit-headers). */
                    RateLimit?: string;
                    /** @description `"default";q=600;w=60`: requests in a window of seconds, per client. */
                    "RateLimit-Policy"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A parameter is wrong (named in `errors`), or the credentials are malformed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No access token, or not a valid one; see `WWW-Authenticate`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token lacks the scope, or may not see this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is none with this id, or none the token may see. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; see `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store or the authorization server is away; see `Retry-After`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getInsightGateway: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What all processes that make insights say. */
            200: {
                headers: {
                    /** @description Changes when any window of the range does. */
                    ETag?: string;
                    /** @description As given, else made; in the log and in every problem. */
                    "X-Request-Id"?: string;
                    /** @description What is left: `"default";r=599;t=60` (draft-ietf-httpapi-ratelimit-headers). */
                    RateLimit?: string;
                    /** @description `"default";q=600;w=60`: requests in a window of seconds, per client. */
                    "RateLimit-Policy"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "configured": true,
                     *       "how": null,
                     *       "accepts_requests": true,
                     *       "gateway": {
                     *         "name": "portkey",
                     *         "kind": "openai-compatible",
                     *         "model": "gpt-5-mini",
                     *         "host": "127.0.0.1:8787"
                     *       },
                     *       "breaker": {
                     *         "state": "closed",
                     *         "until": null
                     *       },
                     *       "queued": 0,
                     *       "budget": {
                     *         "day": "2026-11-22",
                     *         "tokens": {
                     *           "used": 41220,
                     *           "limit": 300000,
                     *           "left": 258780
                     *         },
                     *         "usd": null
                     *       },
                     *       "last_success_at": "2026-11-22T09:45:52Z",
                     *       "last_failure": null,
                     *       "processes": [
                     *         {
                     *           "instance": "web-1/81723",
                     *           "at": "2026-11-22T09:59:58Z",
                     *           "gateway": {
                     *             "name": "portkey",
                     *             "kind": "openai-compatible",
                     *             "model": "gpt-5-mini",
                     *             "host": "127.0.0.1:8787"
                     *           },
                     *           "breaker": {
                     *             "state": "closed",
                     *             "until": null
                     *           },
                     *           "queued": 0,
                     *           "budget": {
                     *             "day": "2026-11-22",
                     *             "tokens": {
                     *               "used": 41220,
                     *               "limit": 300000,
                     *               "left": 258780
                     *             },
                     *             "usd": null
                     *           },
                     *           "last_success_at": "2026-11-22T09:45:52Z",
                     *           "last_failure": null
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["InsightGateway"];
                };
            };
            /** @description Unchanged since the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A parameter is wrong (named in `errors`), or the credentials are malformed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No access token, or not a valid one; see `WWW-Authenticate`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token lacks the scope, or may not see this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; see `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store or the authorization server is away; see `Retry-After`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    scrapeSeries: {
        parameters: {
            query?: {
                /** @description Only this service. */
                service?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The fleet's series for Prometheus: text format 0.0.4, or OpenMetrics where Accept asks for it. Hosts' series need fleet:read too. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /** @example headwater_http_server_exchanges_total{service_name="shop",http_request_method="GET",http_route="/orders/{int}",http_response_status_code="200"} 4711 */
                    "text/plain": string;
                };
            };
            /** @description A parameter is wrong (named in `errors`), or the credentials are malformed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No access token, or not a valid one; see `WWW-Authenticate`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token lacks the scope, or may not see this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; see `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store or the authorization server is away; see `Retry-After`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The process answers */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "ok"
                     *     }
                     */
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    ready: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What the API needs is there */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "ready",
                     *       "checks": {
                     *         "summary_store": "ok",
                     *         "state_store": "ok"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Ready"];
                };
            };
            /** @description Something is away; `checks` says which. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Counters of the API itself, for Prometheus */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /** @example headwater_api_requests_total{route="/v1/services",status="200"} 4 */
                    "text/plain": string;
                };
            };
            /** @description A parameter is wrong (named in `errors`), or the credentials are malformed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No access token, or not a valid one; see `WWW-Authenticate`. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token lacks the scope, or may not see this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests; see `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The store or the authorization server is away; see `Retry-After`. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    openapi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description This document */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "openapi": "3.1.0"
                     *     }
                     */
                    "application/json": Record<string, never>;
                };
            };
        };
    };
    resourceMetadata: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Which authorization servers and scopes this API takes (RFC 9728) */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "resource": "http://127.0.0.1:8470",
                     *       "resource_name": "Headwater",
                     *       "authorization_servers": [
                     *         "http://127.0.0.1:8471"
                     *       ],
                     *       "scopes_supported": [
                     *         "metrics:read",
                     *         "events:read",
                     *         "insights:read",
                     *         "insights:submit",
                     *         "fleet:read",
                     *         "policy:write",
                     *         "alerts:write"
                     *       ],
                     *       "bearer_methods_supported": [
                     *         "header"
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["ResourceMetadata"];
                };
            };
        };
    };
    resourceMetadataOfPath: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Path of the resource identifier. */
                path: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The same, where the resource identifier has a path */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "resource": "http://127.0.0.1:8470",
                     *       "resource_name": "Headwater",
                     *       "authorization_servers": [
                     *         "http://127.0.0.1:8471"
                     *       ],
                     *       "scopes_supported": [
                     *         "metrics:read",
                     *         "events:read",
                     *         "insights:read",
                     *         "insights:submit",
                     *         "fleet:read",
                     *         "policy:write",
                     *         "alerts:write"
                     *       ],
                     *       "bearer_methods_supported": [
                     *         "header"
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["ResourceMetadata"];
                };
            };
            /** @description Not the path of this resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Who is signed in at this browser, and what they may see */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "name": "admin",
                     *       "client": "headwater-dashboard",
                     *       "scopes": [
                     *         "alerts:write",
                     *         "events:read",
                     *         "fleet:read",
                     *         "insights:read",
                     *         "insights:submit",
                     *         "metrics:read"
                     *       ],
                     *       "services": null,
                     *       "expires_at": "2026-11-22T22:00:00.000Z",
                     *       "standalone": true
                     *     }
                     */
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description Nobody is signed in (`unauthorized`), or no longer (`session-expired`). */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The sign-in server is away while the session must be renewed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    logout: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ends the session; with the header X-Headwater-CSRF: 1 */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "logged_out": true,
                     *       "redirect": "/"
                     *     }
                     */
                    "application/json": components["schemas"]["LoggedOut"];
                };
            };
            /** @description The request does not come from the dashboard (`foreign-request`). */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
