// Generated from docs/openapi.json by scripts/generate-openapi.mjs: do not edit.
export interface paths {
    "/v1/realms": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List realms, by name
         * @description Needs a key with the scope `ingest` or `usage-read`.
         */
        get: operations["listRealms"];
        put?: never;
        /**
         * Add a realm
         * @description Engines take it within seconds: traffic of its mirror is counted from then on.
         *
         *     Needs a key with the scope `admin`.
         */
        post: operations["createRealm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/realms/{realmName}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a realm
         * @description Needs a key with the scope `ingest` or `usage-read`.
         */
        get: operations["getRealm"];
        put?: never;
        post?: never;
        /**
         * Remove a realm that no session has referred to
         * @description Needs a key with the scope `admin`.
         */
        delete: operations["deleteRealm"];
        options?: never;
        head?: never;
        /**
         * Change a realm
         * @description Fields that are left out stay as they are.
         *
         *     Needs a key with the scope `admin`.
         */
        patch: operations["updateRealm"];
        trace?: never;
    };
    "/v1/sims": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List SIMs, by id
         * @description Needs a key with the scope `ingest` or `billing` or `usage-read`.
         */
        get: operations["listSims"];
        put?: never;
        /**
         * Add a SIM
         * @description Needs a key with the scope `ingest`.
         */
        post: operations["createSim"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sims/bulk": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add and replace many SIMs
         * @description Needs a key with the scope `ingest`.
         */
        post: operations["putSims"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sims/csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add and replace many SIMs, given as CSV
         * @description The first line names columns: id, imsis (with ; between), iccid, msisdn, name, nameConsent, status, and `tag:…` for tags. Good rows are taken, bad ones are named. `index` of an error counts the rows below the first line, from 0.
         *
         *     Needs a key with the scope `ingest`.
         */
        post: operations["putSimsCsv"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sims/{simId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a SIM
         * @description Needs a key with the scope `ingest` or `billing` or `usage-read`.
         */
        get: operations["getSim"];
        put?: never;
        post?: never;
        /**
         * Remove a SIM that nothing refers to
         * @description One that has held a session stays; set its status to terminated.
         *
         *     Needs a key with the scope `ingest`.
         */
        delete: operations["deleteSim"];
        options?: never;
        head?: never;
        /**
         * Change a SIM
         * @description Fields that are left out stay as they are.
         *
         *     Needs a key with the scope `ingest`.
         */
        patch: operations["updateSim"];
        trace?: never;
    };
    "/v1/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List sessions
         * @description Needs a key with the scope `ingest` or `usage-read`.
         */
        get: operations["listSessions"];
        put?: never;
        /**
         * Say that a SIM holds an address
         * @description Octets of the address that wait in suspense since then move to the SIM.
         *
         *     Needs a key with the scope `ingest`.
         */
        post: operations["createSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions/bulk": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add and change many sessions
         * @description A row with the SIM, prefix and start of a stored session changes that session.
         *
         *     Needs a key with the scope `ingest`.
         */
        post: operations["putSessions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions/csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add and change many sessions, given as CSV
         * @description The first line names columns: simId, realm, prefix, startTime, endTime, dnsServers (with ; between), mcc. Good rows are taken, bad ones are named. `index` of an error counts the rows below the first line, from 0.
         *
         *     Needs a key with the scope `ingest`.
         */
        post: operations["putSessionsCsv"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions/{sessionId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a session
         * @description Needs a key with the scope `ingest` or `usage-read`.
         */
        get: operations["getSession"];
        put?: never;
        post?: never;
        /**
         * Remove a session that never was
         * @description One that is over is ended instead.
         *
         *     Needs a key with the scope `ingest`.
         */
        delete: operations["deleteSession"];
        options?: never;
        head?: never;
        /**
         * End, reopen or correct a session
         * @description Needs a key with the scope `ingest`.
         */
        patch: operations["updateSession"];
        trace?: never;
    };
    "/v1/sessions/{sessionId}/end": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End a session now
         * @description Needs a key with the scope `ingest`.
         */
        post: operations["endSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/integrations/soracom/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say that something happened to a SIM of SORACOM
         * @description For the web request of a SORACOM Event Handler. A worker reads the SIM and its session history from SORACOM within seconds; of what the event itself says only the SIM is used.
         *
         *     Needs a key with the scope `ingest`.
         */
        post: operations["noteSoracomEvent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/integrations/radius/unresolved": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List RADIUS accounting that did not become a session
         * @description Octets of these addresses wait in suspense until it does.
         *
         *     Needs a key with the scope `ingest` or `usage-read`.
         */
        get: operations["listUnresolvedAccounting"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reconciliations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Compare mirrored octets with SORACOM’s statistics, latest days first
         * @description A worker compares the days that are over once a day. A ratio that is constant and near 1 is usual, as the two count on different layers; 0 says that the mirror misses the SIM.
         *
         *     Needs a key with the scope `usage-read` or `billing`.
         */
        get: operations["listReconciliations"];
        put?: never;
        /**
         * Have days compared with SORACOM’s statistics now
         * @description With a SIM, its last 31 days are compared again; without, what is due of all SIMs. A worker begins within seconds.
         *
         *     Needs a key with the scope `ingest`.
         */
        post: operations["orderReconciliation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List services, by code
         * @description Needs a key with the scope `catalogue` or `billing` or `usage-read`.
         */
        get: operations["listServices"];
        put?: never;
        /**
         * Add a service
         * @description It matches nothing until it has a version with rules.
         *
         *     Needs a key with the scope `catalogue`.
         */
        post: operations["createService"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{serviceCode}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a service
         * @description Needs a key with the scope `catalogue` or `billing` or `usage-read`.
         */
        get: operations["getService"];
        put?: never;
        post?: never;
        /**
         * Remove a service none of whose versions has been in force
         * @description Needs a key with the scope `catalogue`.
         */
        delete: operations["deleteService"];
        options?: never;
        head?: never;
        /**
         * Change a service
         * @description Fields that are left out stay as they are.
         *
         *     Needs a key with the scope `catalogue`.
         */
        patch: operations["updateService"];
        trace?: never;
    };
    "/v1/services/{serviceCode}/versions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the versions of a service, newest first
         * @description Needs a key with the scope `catalogue` or `billing` or `usage-read`.
         */
        get: operations["listServiceVersions"];
        put?: never;
        /**
         * Add a version of the rules of a service
         * @description A version that is in force never changes: add the next one. Empty rules retire the service.
         *
         *     Needs a key with the scope `catalogue`.
         */
        post: operations["addServiceVersion"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{serviceCode}/versions/{version}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a version of the rules of a service
         * @description Needs a key with the scope `catalogue` or `billing` or `usage-read`.
         */
        get: operations["getServiceVersion"];
        put?: never;
        post?: never;
        /**
         * Withdraw the latest version before it comes into force
         * @description Needs a key with the scope `catalogue`.
         */
        delete: operations["withdrawServiceVersion"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{serviceCode}/versions/{version}/diff": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What changes from another version to this one
         * @description Needs a key with the scope `catalogue` or `billing` or `usage-read`.
         */
        get: operations["diffServiceVersions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{serviceCode}/versions/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add a version from a list of another format
         * @description `pfd`: 3GPP TS 29.551 PfdDataForApp. `domains`: a v2fly domain list. `prefixes`: one CIDR a line. A line that cannot be taken (`regexp:`, `keyword:`, `include:`, a path of a URL …) is named in `errors`, and then nothing is taken.
         *
         *     Needs a key with the scope `catalogue`.
         */
        post: operations["importServiceVersion"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{serviceCode}/versions/{version}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the rules of a version in another format
         * @description As JSON for `pfd`, as text otherwise. Where the format cannot say everything it is refused; `partial=true` gives the rest; a text then says in its head what is left out.
         *
         *     Needs a key with the scope `catalogue` or `billing` or `usage-read`.
         */
        get: operations["exportServiceVersion"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/plans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List plans, by code
         * @description Needs a key with the scope `catalogue` or `billing` or `usage-read`.
         */
        get: operations["listPlans"];
        put?: never;
        /**
         * Add a plan with its first version
         * @description The first version may start in the past; every later one starts in the future.
         *
         *     Needs a key with the scope `catalogue`.
         */
        post: operations["createPlan"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/plans/{planCode}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a plan
         * @description Needs a key with the scope `catalogue` or `billing` or `usage-read`.
         */
        get: operations["getPlan"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Rename a plan
         * @description Needs a key with the scope `catalogue`.
         */
        patch: operations["renamePlan"];
        trace?: never;
    };
    "/v1/plans/{planCode}/versions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the versions of a plan, oldest first
         * @description All of them, on one page.
         *
         *     Needs a key with the scope `catalogue` or `billing` or `usage-read`.
         */
        get: operations["listPlanVersions"];
        put?: never;
        /**
         * Add a version of a plan
         * @description SIMs that follow the plan change to it at its start; the month splits there.
         *
         *     Needs a key with the scope `catalogue`.
         */
        post: operations["addPlanVersion"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/plans/{planCode}/versions/{version}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a version of a plan
         * @description Needs a key with the scope `catalogue` or `billing` or `usage-read`.
         */
        get: operations["getPlanVersion"];
        put?: never;
        post?: never;
        /**
         * Withdraw the latest version before it comes into force
         * @description Needs a key with the scope `catalogue`.
         */
        delete: operations["withdrawPlanVersion"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/subscriptions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List subscriptions
         * @description Needs a key with the scope `billing` or `usage-read`.
         */
        get: operations["listSubscriptions"];
        put?: never;
        /**
         * Put a SIM on a plan
         * @description A SIM is on one plan at a time.
         *
         *     Needs a key with the scope `billing`.
         */
        post: operations["createSubscription"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/subscriptions/{subscriptionId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a subscription
         * @description Needs a key with the scope `billing` or `usage-read`.
         */
        get: operations["getSubscription"];
        put?: never;
        post?: never;
        /**
         * Take back a subscription that should not have been
         * @description As if it had never been; not once a statement of its time is final. To undo a planned change of plan, take back what it started, then lift the end of what it ended.
         *
         *     Needs a key with the scope `billing`.
         */
        delete: operations["withdrawSubscription"];
        options?: never;
        head?: never;
        /**
         * Set or lift the end of a subscription
         * @description Needs a key with the scope `billing`.
         */
        patch: operations["endSubscription"];
        trace?: never;
    };
    "/v1/plan-changes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Move a SIM to another plan at an instant
         * @description Ends what the SIM is on and starts the other plan; the month splits there. Answers with the new subscription.
         *
         *     Needs a key with the scope `billing`.
         */
        post: operations["changePlan"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/groups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List groups of SIMs that share a quota
         * @description Needs a key with the scope `billing` or `usage-read`.
         */
        get: operations["listGroups"];
        put?: never;
        /**
         * Make a group of SIMs that share a quota
         * @description Its pool stands in place of the quotas of the SIMs in it. It is drawn hour by hour, within an hour in the order in which the SIMs were created. Nothing of it is carried over.
         *
         *     Needs a key with the scope `billing`.
         */
        post: operations["createGroup"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/groups/{groupCode}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a group
         * @description Needs a key with the scope `billing` or `usage-read`.
         */
        get: operations["getGroup"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/group-members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Which SIM is in which group when
         * @description Needs a key with the scope `billing` or `usage-read`.
         */
        get: operations["listGroupMembers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/groups/{groupCode}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Put a SIM into a group
         * @description A SIM is in one group at a time. Its month splits where it enters or leaves, as where its plan changes.
         *
         *     Needs a key with the scope `billing`.
         */
        post: operations["addGroupMember"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/group-members/{memberId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a member of a group
         * @description Needs a key with the scope `billing` or `usage-read`.
         */
        get: operations["getGroupMember"];
        put?: never;
        post?: never;
        /**
         * Take a SIM out of a group as if it had never been in it
         * @description Not once a statement of its time is final.
         *
         *     Needs a key with the scope `billing`.
         */
        delete: operations["withdrawGroupMember"];
        options?: never;
        head?: never;
        /**
         * Set or lift the end of a SIM’s time in a group
         * @description Needs a key with the scope `billing`.
         */
        patch: operations["endGroupMember"];
        trace?: never;
    };
    "/v1/packs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List packs that SIMs bought
         * @description Needs a key with the scope `billing` or `usage-read`.
         */
        get: operations["listPacks"];
        put?: never;
        /**
         * Sell a SIM a pack of its plan
         * @description The price stands on the statement of the period in which it is bought; what the pack covers, on a line of its own in each period that it holds in.
         *
         *     Needs a key with the scope `billing`.
         */
        post: operations["buyPack"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/packs/{packId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a pack that was bought
         * @description Needs a key with the scope `billing` or `usage-read`.
         */
        get: operations["getPack"];
        put?: never;
        post?: never;
        /**
         * Take back a pack that was bought by mistake
         * @description Not once a statement of its time is final.
         *
         *     Needs a key with the scope `billing`.
         */
        delete: operations["withdrawPack"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Octets by SIM, time, service and evidence
         * @description Usage is kept by the UTC hour, by service and name; the hours that begin from `from` to before `to` are counted, as in a billing period. `totals.byPlan` says what of it is free and what is billed under the plans in force. Each item says by which rule and on which evidence it was decided, and `explanation` leads to every hour and batch of it.
         *
         *     Needs a key with the scope `usage-read` or `billing`.
         */
        get: operations["listUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reports/fraud": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What looks like an attempt to get traffic free, most octets first
         * @description It accuses nobody: a resolver of the user’s own choice, an address that rules do not know yet, or a heavy user look the same. Ranked by what is known when a page is asked for: to read all pages of it, ask for a span that is over.
         *
         *     Needs a key with the scope `usage-read` or `billing`.
         */
        get: operations["getFraudReport"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/services/{serviceCode}/dry-run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Which octets of a past span would move under draft rules
         * @description Changes nothing. The ledger keeps names and rules, never addresses: a move is `certain` where name or rule alone tell it, and `depends` where it holds only if the address bears it out. Octets without a name (or of which it is not kept) that a new prefix or name could take are `unknownOctets`. total = unchanged + unknown + moves.
         *
         *     Needs a key with the scope `catalogue`.
         */
        post: operations["dryRunService"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/usage/{simId}/explain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the usage of a SIM rests on: rule, version, evidence, batch and hour, and what its plan makes of it
         * @description One item per UTC hour and reason. Filter as in `GET /v1/usage`, or follow the `explanation` of an item there: the items then sum to the figure shown.
         *
         *     Needs a key with the scope `usage-read` or `billing`.
         */
        get: operations["explainUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/thresholds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Thresholds of quota, caps and money that SIMs have reached
         * @description Each once per SIM, period and threshold, in the order in which they were reached. Plans say which there are; 50, 80 and 100 percent where they do not.
         *
         *     Needs a key with the scope `usage-read` or `billing`.
         */
        get: operations["listThresholds"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/conservation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Where every octet went
         * @description Exact for the epochs that are closed; of the UTC hours that begin in the span.
         *
         *     Needs a key with the scope `usage-read` or `billing`.
         */
        get: operations["getConservation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/suspense": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Octets of addresses that no session held
         * @description They move to the SIM when its session becomes known.
         *
         *     Needs a key with the scope `usage-read` or `billing`.
         */
        get: operations["listSuspense"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/statements": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List final statements, by number
         * @description Needs a key with the scope `billing`.
         */
        get: operations["listStatements"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/statements/{number}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a final statement with its lines
         * @description As JSON, the very bytes that were hashed (the ETag is the hash); as CSV with `Accept: text/csv`, as PDF with `Accept: application/pdf`.
         *
         *     Needs a key with the scope `billing`.
         */
        get: operations["getStatement"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/statements/{number}/csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a final statement as a CSV file
         * @description RFC 4180, safe to open in a spreadsheet.
         *
         *     Needs a key with the scope `billing`.
         */
        get: operations["getStatementCsv"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/statements/{number}/pdf": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a final statement as a PDF file
         * @description A4, in Japanese, its font embedded. The same statement gives the same bytes.
         *
         *     Needs a key with the scope `billing`.
         */
        get: operations["getStatementPdf"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/statement-drafts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the statements of a month would be now
         * @description Of SIMs without a final one. Nothing is stored.
         *
         *     Needs a key with the scope `billing`.
         */
        get: operations["listStatementDrafts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/statement-chains/{simId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check that no statement or correction of a SIM was changed or taken out
         * @description Hashes every document again, and compares it with what is stored beside it and with the statement before. `countfree verify` does so for all SIMs, and with a mark that you kept also finds what was changed with all hashes.
         *
         *     Needs a key with the scope `billing`.
         */
        get: operations["checkStatementChain"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/corrections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List corrections of final statements, in the order in which they were made
         * @description Needs a key with the scope `billing`.
         */
        get: operations["listCorrections"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/corrections/{correctionId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a correction with its lines
         * @description As JSON, the very bytes that were hashed; as PDF with `Accept: application/pdf`.
         *
         *     Needs a key with the scope `billing`.
         */
        get: operations["getCorrection"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/periods/{month}/correct": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Correct the final statements of a month
         * @description A worker rates the month again from the usage and rules of now. What differs becomes a correction, which the SIM’s next statement settles as a credit or debit. Where nothing differs nothing is written: ordering it twice changes nothing.
         *
         *     Needs a key with the scope `billing`.
         */
        post: operations["correctPeriod"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/simulations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Simulations, newest first
         * @description They are kept until they are deleted. Ask for one of them for its totals.
         *
         *     Needs a key with the scope `billing`.
         */
        get: operations["listSimulations"];
        put?: never;
        /**
         * What would a month have cost under other terms, or with another catalogue?
         * @description A worker rates the stored usage of all SIMs that were on the plan under the draft terms, the draft rules of services (also of services that the catalogue does not have yet) or both, and compares it with what was billed. The ledger keeps names and rules, not addresses: octets whose service depends on the address are taken for what the rules say of the name (`dependsOctets`), and those of which nothing tells stay as they are (`unknownOctets`). Nothing else is touched. Ask for the simulation to see how far it is.
         *
         *     Needs a key with the scope `billing`.
         */
        post: operations["startSimulation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/simulations/{simulationId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How far a simulation is, and its totals
         * @description Needs a key with the scope `billing`.
         */
        get: operations["getSimulation"];
        put?: never;
        post?: never;
        /**
         * Remove a simulation and its results; one that runs ends
         * @description Needs a key with the scope `billing`.
         */
        delete: operations["deleteSimulation"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/simulations/{simulationId}/results": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What each SIM would have paid
         * @description Needs a key with the scope `billing`.
         */
        get: operations["listSimulationResults"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/periods/{month}/sponsors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What sponsors owe for the free octets of a closed month
         * @description From the final statements of the month, as their corrections left them. Octets of a rule without a rate have no amount.
         *
         *     Needs a key with the scope `billing`.
         */
        get: operations["getSponsorSettlements"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/periods/{month}/sponsors.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The same as CSV, a row per line
         * @description Needs a key with the scope `billing`.
         */
        get: operations["getSponsorSettlementsCsv"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/periods/{month}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How far the closing of a month is
         * @description Needs a key with the scope `billing`.
         */
        get: operations["getPeriod"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/periods/{month}/close": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Close a month: its statements become final
         * @description A worker does it; ask for the period to see how far it is. Refused (409) while the month or its grace time is not over, unless forced, and when every SIM has its statement already. A closing whose total is more than a factor of 2 from the period before, over the same SIMs, is held until it is ordered with `confirm`. A closing that was stopped goes on.
         *
         *     Needs a key with the scope `billing`.
         */
        post: operations["closePeriod"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/periods/{month}/late-usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Usage of a month that became known after its statement was final
         * @description A page may be short, or empty, and still have a next one.
         *
         *     Needs a key with the scope `billing`.
         */
        get: operations["listLateUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/periods/{month}/statements.ndjson.gz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All final statements of a closed month in one file
         * @description Gzip of one JSON document to a line, by number, each the very bytes that were hashed. The same month gives the same bytes.
         *
         *     Needs a key with the scope `billing`.
         */
        get: operations["exportStatements"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/periods/{month}/cdrs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All final statements of a closed month as charging records with 3GPP field names
         * @description Gzip of one charging function record (TS 32.298) per statement: a JSON document to a line, or CSV with a row per container. Times are exact to the hour. `treatment` (free, billed, not_counted) and `correction` are the fields that are not 3GPP’s.
         *
         *     Needs a key with the scope `billing`.
         */
        get: operations["exportCdrs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/usage-without-plan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Usage of SIMs that were on no plan in its hour
         * @description Needs a key with the scope `billing` or `usage-read`.
         */
        get: operations["listUsageWithoutPlan"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook-endpoints": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List webhook endpoints, oldest first
         * @description Needs a key with the scope `admin` or `billing`.
         */
        get: operations["listWebhookEndpoints"];
        put?: never;
        /**
         * Add a webhook endpoint
         * @description Keep the secret of the answer: it verifies what is sent, and is shown this once.
         *
         *     Needs a key with the scope `admin`.
         */
        post: operations["createWebhookEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook-endpoints/{endpointId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a webhook endpoint
         * @description Needs a key with the scope `admin` or `billing`.
         */
        get: operations["getWebhookEndpoint"];
        put?: never;
        post?: never;
        /**
         * Remove a webhook endpoint, its deliveries and their log
         * @description Needs a key with the scope `admin`.
         */
        delete: operations["deleteWebhookEndpoint"];
        options?: never;
        head?: never;
        /**
         * Change, disable or enable a webhook endpoint
         * @description Fields that are left out stay as they are.
         *
         *     Needs a key with the scope `admin`.
         */
        patch: operations["updateWebhookEndpoint"];
        trace?: never;
    };
    "/v1/webhook-endpoints/{endpointId}/rotate-secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a new secret; the old one signs too until the overlap ends
         * @description Needs a key with the scope `admin`.
         */
        post: operations["rotateWebhookSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook-endpoints/{endpointId}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a `webhook.test` event to one endpoint
         * @description Needs a key with the scope `admin`.
         */
        post: operations["sendTestEvent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List deliveries, newest first
         * @description `status=dead` lists the dead letters. A time range is that of the event.
         *
         *     Needs a key with the scope `admin` or `billing`.
         */
        get: operations["listDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deliveries/{deliveryId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a delivery with the exact text that is sent
         * @description Needs a key with the scope `admin` or `billing`.
         */
        get: operations["getDelivery"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deliveries/{deliveryId}/attempts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the tries of a delivery
         * @description Needs a key with the scope `admin` or `billing`.
         */
        get: operations["listDeliveryAttempts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deliveries/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send deliveries again
         * @description Named ones, or those of an endpoint, of a time range, or of both; with the same id and bytes, and from the start of the retry schedule.
         *
         *     Needs a key with the scope `admin`.
         */
        post: operations["replayDeliveries"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/capture": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What is captured where, and how it goes
         * @description Needs a key with the scope `admin` or `usage-read`.
         */
        get: operations["getCapture"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List API keys, without their secrets
         * @description Needs a key with the scope `admin`.
         */
        get: operations["listApiKeys"];
        put?: never;
        /**
         * Make an API key
         * @description A key can be given only scopes that the key of the request holds. To change what a key may do, make a new one and revoke the old one.
         *
         *     Needs a key with the scope `admin`.
         */
        post: operations["createApiKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api-keys/{keyId}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make the key that follows another; the old one is good too until the overlap ends
         * @description The new key has the name and scopes of the old one, and a secret and an id of its own: rate and Idempotency-Keys are its own too, so let requests that had no answer end under the old key. Refused (409) where the old key is revoked or expired.
         *
         *     Needs a key with the scope `admin`.
         */
        post: operations["rotateApiKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api-keys/{keyId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an API key, without its secret
         * @description Needs a key with the scope `admin`.
         */
        get: operations["getApiKey"];
        put?: never;
        post?: never;
        /**
         * Revoke an API key
         * @description At once, in every process. The key stays listed. Revoking twice changes nothing.
         *
         *     Needs a key with the scope `admin`.
         */
        delete: operations["revokeApiKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit-log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List changes, newest first
         * @description Who asked for what, when, what was there before and after, also where it was refused.
         *
         *     Needs a key with the scope `admin`.
         */
        get: operations["listAuditLog"];
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
        /**
         * Whether the process is alive
         * @description Asks nothing of Postgres or Redis: a failure means that the process is to be restarted.
         */
        get: operations["getHealth"];
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
        /**
         * Whether the process can do its work
         * @description Status 503 with the same body while any check fails; each failing check says what is wrong. A check that is well may have a detail too: capture is degraded, for example because the mirror is quiet, which is no reason to send requests elsewhere.
         */
        get: operations["getReadiness"];
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
        /**
         * Metrics in the Prometheus text format
         * @description Wants a bearer token of its own where one is configured.
         */
        get: operations["getMetrics"];
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
        get: operations["getOpenApi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/docs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document as pages to read */
        get: operations["getDocs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/docs/{file}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A file of those pages */
        get: operations["getDocsAsset"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface webhooks {
    "statement.drafted": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A SIM’s period has ended: what its statement will be, unless usage comes within the grace time
         * @description Signed as Standard Webhooks 1.0 says. Sent at least once: drop a `webhook-id` that you have seen.
         */
        post: operations["onStatementDrafted"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "statement.finalized": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A statement is final
         * @description Signed as Standard Webhooks 1.0 says. Sent at least once: drop a `webhook-id` that you have seen.
         */
        post: operations["onStatementFinalized"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "statement.corrected": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A final statement was found to differ from the usage and rules of now
         * @description Signed as Standard Webhooks 1.0 says. Sent at least once: drop a `webhook-id` that you have seen.
         */
        post: operations["onStatementCorrected"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "usage.threshold_reached": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A SIM reached a share of its quota or of a cap, or an amount of money
         * @description Signed as Standard Webhooks 1.0 says. Sent at least once: drop a `webhook-id` that you have seen.
         */
        post: operations["onUsageThresholdReached"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "usage.cap_exceeded": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A SIM used more than a cap
         * @description Signed as Standard Webhooks 1.0 says. Sent at least once: drop a `webhook-id` that you have seen.
         */
        post: operations["onUsageCapExceeded"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "subscription.changed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A SIM was put on a plan, moved to another, or taken off; or what was so was taken back
         * @description Signed as Standard Webhooks 1.0 says. Sent at least once: drop a `webhook-id` that you have seen.
         */
        post: operations["onSubscriptionChanged"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "capture.degraded": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A capture point raised a warning
         * @description Signed as Standard Webhooks 1.0 says. Sent at least once: drop a `webhook-id` that you have seen.
         */
        post: operations["onCaptureDegraded"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "reconciliation.deviated": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * SIMs’ days differ from SORACOM’s statistics by more than the band that is set
         * @description Signed as Standard Webhooks 1.0 says. Sent at least once: drop a `webhook-id` that you have seen.
         */
        post: operations["onReconciliationDeviated"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "fraud.suspected": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The fraud report has a finding of many octets; told once a UTC day for each SIM, kind and service
         * @description Signed as Standard Webhooks 1.0 says. Sent at least once: drop a `webhook-id` that you have seen.
         */
        post: operations["onFraudSuspected"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "sim.suspense_bound": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Octets that waited in suspense moved to a SIM, as its session became known
         * @description Signed as Standard Webhooks 1.0 says. Sent at least once: drop a `webhook-id` that you have seen.
         */
        post: operations["onSimSuspenseBound"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "webhook.test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sent on request, to one endpoint
         * @description Signed as Standard Webhooks 1.0 says. Sent at least once: drop a `webhook-id` that you have seen.
         */
        post: operations["onWebhookTest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface components {
    schemas: {
        /** @description Packets and octets that are on no SIM. */
        Account: {
            account: string;
            packets: string;
            octets: components["schemas"]["Octets"];
        };
        ApiKey: {
            /** Format: uuid */
            id: string;
            name: string;
            scopes: ("admin" | "catalogue" | "billing" | "usage-read" | "ingest")[];
            createdAt: components["schemas"]["Instant"];
            /** @description The key that made it; null = made by a command on the host. */
            createdBy: string | null;
            expiresAt: components["schemas"]["Instant"] | null;
            revokedAt: components["schemas"]["Instant"] | null;
            /** @description Exact to a minute. */
            lastUsedAt: components["schemas"]["Instant"] | null;
        };
        ApiKeyInput: {
            /**
             * @description What the key is for.
             * @example billing system
             */
            name: string;
            scopes: ("admin" | "catalogue" | "billing" | "usage-read" | "ingest")[];
            /** @description Left out or null: the key does not expire. */
            expiresAt?: string | null;
        };
        ApiKeyRotation: {
            /**
             * @description How long the old key stays good; 0: it ends at once.
             * @default 86400
             */
            overlapSeconds: number;
            /** @description Left out or null: the key does not expire. */
            expiresAt?: string | null;
        };
        /** @description A change that was asked for. */
        AuditEntry: {
            /**
             * Format: uuid
             * @description The id under which the request stands in the log.
             */
            requestId: string;
            at: components["schemas"]["Instant"];
            /** @description The API key that asked; null: a command on the host. */
            keyId: string | null;
            /** @description operationId. */
            operation: string;
            path: string;
            /** @description Body of the request, without secrets. */
            requested: unknown;
            /** @description Of the answer. Null: the process died before the end was known; it may have been done. */
            status: number | null;
            /** @description What was found; null where nothing was there. */
            before: unknown;
            /** @description What was answered, without secrets. */
            after: unknown;
        };
        /** @description Octets that a SIM bought beside its plan. */
        BoughtPack: {
            id: string;
            simId: string;
            planCode: string;
            planVersion: number;
            /** @description Id of the pack within the plan. */
            pack: string;
            octets: components["schemas"]["Octets"];
            /** @description Decimal text, as it was when the pack was bought. */
            price: string;
            currency: string;
            /** @enum {string} */
            use: "before_quota" | "after_quota";
            boughtAt: components["schemas"]["Instant"];
            /** @description UTC hour of the purchase. */
            from: components["schemas"]["Instant"];
            /** @description Exclusive. */
            to: components["schemas"]["Instant"];
        };
        /** @description Good rows are in, bad ones are named. The same request again changes nothing. */
        BulkResult: {
            created: number;
            updated: number;
            unchanged: number;
            errors: {
                /** @description Position of the row in the request, from 0. */
                index: number;
                /** @enum {string} */
                code: "invalid" | "not_found" | "conflict";
                errors: {
                    /** @description JSON pointer within the row. */
                    pointer: string;
                    detail: string;
                }[];
            }[];
        };
        Capture: {
            /** @description Of the process that answers. */
            points: components["schemas"]["CapturePoint"][];
            /** @description Points that could not be opened. */
            failures: string[];
            /** @description Revisions of realms and sessions: the last that was committed, and the one that capture of the process that answers goes by. It follows within two seconds. Null = this process captures nothing. */
            changes: {
                committed: number;
                inForce: number;
            } | null;
            /** @description Capture points of any process that brought something in the last 31 days. */
            sources: {
                source: string;
                lastHour: components["schemas"]["Instant"];
                seen: {
                    packets: string;
                    octets: components["schemas"]["Octets"];
                };
            }[];
        };
        CaptureDegraded: {
            /** @constant */
            type: "capture.degraded";
            /** @description When it happened. */
            timestamp: components["schemas"]["Instant"];
            data: {
                node: string;
                /** @description Interface or file. */
                point: string;
                /** @enum {string} */
                warning: "interface_gone" | "octets_short" | "quiet" | "one_sided" | "not_subscribers" | "sequence_gap" | "hour_blurred";
                since: components["schemas"]["Instant"];
                /** @description What was found, what it means, what to do. */
                detail: string;
            };
        };
        CapturePoint: {
            name: string;
            /** @enum {string} */
            kind: "interface" | "file";
            state: string;
            /** @description Why it is stalled or failed, and what to do. */
            error: string | null;
            /** @description How packets come: XDP native or generic, or a packet socket; null = from a file, or the interface is gone. */
            mode: string | null;
            /** @description Receive offloads, by the names of ethtool -k: switched off while packets are taken behind them, and those that cannot be (octets are short then). */
            offloads: {
                off: string[];
                stillOn: string[];
            } | null;
            /** @description Ended since the process started. */
            epochs: number;
            lastEpochAt: components["schemas"]["Instant"] | null;
            seen: {
                packets: string;
                octets: components["schemas"]["Octets"];
            };
            /** @description Every packet seen has exactly one. */
            outcomes: {
                [key: string]: {
                    packets: string;
                    octets: components["schemas"]["Octets"];
                };
            };
            notes: {
                [key: string]: {
                    packets: string;
                    octets: components["schemas"]["Octets"];
                };
            };
            /** @description What an operator should look at; withdrawn once all is well. */
            warnings: {
                /** @enum {string} */
                kind: "interface_gone" | "octets_short" | "quiet" | "one_sided" | "not_subscribers" | "sequence_gap" | "hour_blurred";
                since: components["schemas"]["Instant"];
                detail: string;
            }[];
            /** @description Since the process started: on flow records that began before an hour edge and went on behind it. All of them are in the hour of their first packet. */
            blurredOctets: components["schemas"]["Octets"];
            /** @description Since the process started: mirrored packets with a sequence number (GRE), numbers that were skipped, and packets that came behind a later one. Lost on the way = missed - late. */
            sequences: {
                numbered: string;
                missed: string;
                late: string;
            };
            /** @description Must stay 0. */
            conservationFailures: number;
            spool: {
                bytes: number;
                maxBytes: number;
                /** @description Not in the ledger yet. */
                unacknowledgedBytes: number;
                oldestUnacknowledgedAt: components["schemas"]["Instant"] | null;
            };
        };
        /** @description Every octet that was seen is on exactly one of these. */
        Conservation: {
            /** @description By the capture engines. */
            seen: {
                packets: string;
                octets: components["schemas"]["Octets"];
            };
            /** @description What was seen and belongs to no subscriber, by why. */
            accounts: components["schemas"]["Account"][];
            /** @description On SIMs' accounts. */
            usageOctets: components["schemas"]["Octets"];
            /** @description Of addresses that no session held, not bound yet. */
            suspenseOctets: components["schemas"]["Octets"];
            /** @description On two lines, as both ends are subscribers. */
            bothSubscribersOctets: components["schemas"]["Octets"];
            /** @description seen + bothSubscribers − accounts − usage − suspense: 0 unless something is broken. */
            difference: components["schemas"]["Octets"];
        };
        Correction: {
            id: string;
            /** @description Number of the statement that is corrected. */
            statement: number;
            /** @description 1, 2, 3… per statement: each corrects what the one before left. */
            position: number;
            month: string;
            /** @enum {string} */
            direction: "debit" | "credit" | "none";
            /**
             * @description Decimal text; negative = credit.
             * @example -220
             */
            amount: string;
            /** @description SHA-256 of the JSON of the correction, hex. */
            hash: string;
            simId: string;
            currency: string;
            correctedAt: components["schemas"]["Instant"];
            /** @description Number of the statement that settles it; null until the next one is final. */
            settledOn: number | null;
        };
        CorrectionDocument: {
            simId: string;
            statement: number;
            statementHash: string;
            position: number;
            previousHash: string | null;
            correctedAt: components["schemas"]["Instant"];
            /** @enum {string} */
            direction: "debit" | "credit" | "none";
            /**
             * @description Decimal text; negative = credit.
             * @example -220
             */
            amount: string;
            /**
             * @description Decimal text; negative = credit.
             * @example -220
             */
            net: string;
            /**
             * @description Decimal text; negative = credit.
             * @example -220
             */
            tax: string;
            lines: {
                /** @enum {string} */
                section: "usage" | "charge";
                line: {
                    [key: string]: string | number | null;
                };
                before: {
                    [key: string]: string;
                };
                after: {
                    [key: string]: string;
                };
                difference: {
                    [key: string]: string;
                };
            }[];
            /** @description The whole period as it is rated now. */
            after: {
                [key: string]: unknown;
            };
        } & {
            [key: string]: unknown;
        };
        CorrectionOrder: {
            month: string;
            /** @constant */
            status: "ordered";
        };
        /** @description One event on its way to one endpoint. */
        Delivery: {
            id: string;
            endpointId: string;
            /** @description The `webhook-id` of all its tries. */
            messageId: string;
            eventType: string;
            simId: string | null;
            /** @description 1, 2, 3… among the SIM's events. */
            sequence: number | null;
            occurredAt: components["schemas"]["Instant"];
            /**
             * @description dead: given up after the last try; can be replayed.
             * @enum {string}
             */
            status: "pending" | "delivered" | "dead";
            attempts: number;
            nextAttemptAt: components["schemas"]["Instant"] | null;
            createdAt: components["schemas"]["Instant"];
            finishedAt: components["schemas"]["Instant"] | null;
        };
        DeliveryAttempt: {
            number: number;
            startedAt: components["schemas"]["Instant"];
            durationMs: number;
            /** @description Null where no answer came; `error` says why. */
            statusCode: number | null;
            error: string | null;
            responseHeaders: {
                [key: string]: string;
            } | null;
            /** @description The first 1024 bytes of the answer. */
            responseHead: string | null;
        };
        DeliveryWithPayload: {
            id: string;
            endpointId: string;
            /** @description The `webhook-id` of all its tries. */
            messageId: string;
            eventType: string;
            simId: string | null;
            /** @description 1, 2, 3… among the SIM's events. */
            sequence: number | null;
            occurredAt: components["schemas"]["Instant"];
            /**
             * @description dead: given up after the last try; can be replayed.
             * @enum {string}
             */
            status: "pending" | "delivered" | "dead";
            attempts: number;
            nextAttemptAt: components["schemas"]["Instant"] | null;
            createdAt: components["schemas"]["Instant"];
            finishedAt: components["schemas"]["Instant"] | null;
            payload: string;
        };
        DraftService: {
            /** @description Of a service of the catalogue, or of a new one */
            serviceCode: string;
            /** @description The service that it would be a part of; left out: as in the catalogue, a new one of none */
            parentCode?: string | null;
            /**
             * @description agree: a claimed name needs an address that agrees; name: the name is enough; prefix: names are ignored
             * @default agree
             * @enum {string}
             */
            policy: "agree" | "name" | "prefix";
            /** @description What a service version matches */
            rules: {
                domainNames?: string[];
                /** @description These names alone, without what lies below them */
                exactDomainNames?: string[];
                /** @description Not this service although a name above covers them */
                excludeDomainNames?: string[];
                prefixes?: {
                    /** @description CIDR prefix of destinations, e.g. `147.92.128.0/17` */
                    prefix: string;
                    /** @description IPFIX protocolIdentifier: 6 TCP, 17 UDP */
                    protocol?: number;
                    /** @description First and last peer port, inclusive */
                    ports?: [
                        number,
                        number
                    ];
                }[];
            };
        };
        DryRunResult: {
            totalOctets: components["schemas"]["Octets"];
            unchangedOctets: components["schemas"]["Octets"];
            unknownOctets: components["schemas"]["Octets"];
            moves: {
                /** @description Service as recorded; null = none. */
                from: string | null;
                to: string | null;
                /** @enum {string} */
                certainty: "certain" | "depends";
                octetsUp: components["schemas"]["Octets"];
                octetsDown: components["schemas"]["Octets"];
                octets: components["schemas"]["Octets"];
                /** @description Names, or rules where no name is kept, with the most octets of the move. */
                names: {
                    name: string;
                    octets: components["schemas"]["Octets"];
                }[];
            }[];
        };
        FraudItem: {
            simId: string;
            /**
             * @description failed_claim: a name was claimed that the address does not bear out (billed). foreign_dns: port 53 of a host that is none of the session’s resolvers. unusual_volume: far more within a service than its other SIMs, or than the SIM before.
             * @enum {string}
             */
            kind: "failed_claim" | "foreign_dns" | "unusual_volume";
            /** @description The service claimed, or with the volume. */
            serviceCode: string | null;
            octetsUp: components["schemas"]["Octets"];
            octetsDown: components["schemas"]["Octets"];
            octets: components["schemas"]["Octets"];
            /** @description The names claimed with the most octets, where the SIM consents. */
            names: {
                name: string;
                octets: components["schemas"]["Octets"];
            }[];
            /** @description Of failed_claim: what the claims would have saved, tax included. The periods that the span touches are rated as they are, and as if the claims had held; this is the difference. Empty for a SIM on no plan. */
            atStake: {
                currency: string;
                amount: string;
            }[];
            /** @description Of unusual_volume. fleet: `factor` times the median of the service’s SIMs. own: `factor` times what the SIM used in as long a span of the 28 days before, and 3 times that median. */
            grounds: ("fleet" | "own")[];
            /** @description Of unusual_volume: what the SIM used in as long a span of the 28 days before; null = nothing. */
            usualOctets: components["schemas"]["Octets"] | null;
            /** @description Of the service, for unusual_volume. */
            distribution: {
                /** @description SIMs that used the service in the span. */
                sims: number;
                medianOctets: components["schemas"]["Octets"];
                p99Octets: components["schemas"]["Octets"];
            } | null;
        };
        FraudSuspected: {
            /** @constant */
            type: "fraud.suspected";
            /** @description When it happened. */
            timestamp: components["schemas"]["Instant"];
            simId: string;
            /** @description 1, 2, 3… among the events of the SIM. */
            sequence: number;
            data: {
                /** @description UTC. The figures are of the day so far. */
                day: string;
                /**
                 * @description failed_claim: a name was claimed that the address does not bear out (billed). foreign_dns: port 53 of a host that is none of the session’s resolvers. unusual_volume: far more within a service than its other SIMs, or than the SIM before.
                 * @enum {string}
                 */
                kind: "failed_claim" | "foreign_dns" | "unusual_volume";
                /** @description The service claimed, or with the volume. */
                serviceCode: string | null;
                octetsUp: components["schemas"]["Octets"];
                octetsDown: components["schemas"]["Octets"];
                octets: components["schemas"]["Octets"];
                /** @description The names claimed with the most octets, where the SIM consents. */
                names: {
                    name: string;
                    octets: components["schemas"]["Octets"];
                }[];
                /** @description Of failed_claim: what the claims would have saved, tax included. The periods that the span touches are rated as they are, and as if the claims had held; this is the difference. Empty for a SIM on no plan. */
                atStake: {
                    currency: string;
                    amount: string;
                }[];
                /** @description Of unusual_volume. fleet: `factor` times the median of the service’s SIMs. own: `factor` times what the SIM used in as long a span of the 28 days before, and 3 times that median. */
                grounds: ("fleet" | "own")[];
                /** @description Of unusual_volume: what the SIM used in as long a span of the 28 days before; null = nothing. */
                usualOctets: components["schemas"]["Octets"] | null;
                /** @description Of the service, for unusual_volume. */
                distribution: {
                    /** @description SIMs that used the service in the span. */
                    sims: number;
                    medianOctets: components["schemas"]["Octets"];
                    p99Octets: components["schemas"]["Octets"];
                } | null;
                /** @description Path of the report in this API. */
                url: string;
            };
        };
        FreeRule: {
            /** @description Names the rule on statements; unique in the plan. */
            id: string;
            services: "all" | string[];
            /** @default false */
            includeSubServices: boolean;
            /** @default [] */
            except: string[];
            /**
             * @default both
             * @enum {string}
             */
            direction: "both" | "up" | "down";
            /** @default [] */
            caps: {
                limit: components["schemas"]["Quantity"];
                per: ("period" | "day") | {
                    rollingHours: number;
                };
                /**
                 * @description What octets past the cap are: billed like any other, or still free with a notice.
                 * @enum {string}
                 */
                past: "billed" | "noticed";
            }[];
            /** @default [] */
            windows: {
                fromHour: number;
                toHour: number;
                /** @description 1 = Monday */
                weekdays?: number[];
            }[];
            /**
             * @description Free only in these networks; empty = anywhere. An unknown network is home.
             * @default []
             */
            homeMccs: string[];
            /** @description Who pays for the free octets; named on their lines. Left out: nobody is named. */
            payer?: {
                /** @constant */
                kind: "operator";
            } | {
                /** @constant */
                kind: "subscriber";
                /** @description What the subscriber pays per period for the rule; left out: it is in the base fee. */
                fee?: {
                    amount: components["schemas"]["Money"];
                    /**
                     * @description How a part of a period counts. full: wholly, once per plan and period, less what earlier versions charged by their share. by_day: local days begun, a day of change goes to the later plan. by_time: milliseconds in force over milliseconds of the period.
                     * @enum {string}
                     */
                    proration: "full" | "by_day" | "by_time";
                };
            } | {
                /** @constant */
                kind: "sponsor";
                sponsorId: string;
                /** @description What the sponsor pays for its octets; left out: nothing that is known here. */
                rate?: {
                    unit: components["schemas"]["Quantity"];
                    price: components["schemas"]["Money"];
                };
            };
        };
        FreeRuleInput: {
            /** @description Names the rule on statements; unique in the plan. */
            id: string;
            services: "all" | string[];
            /** @default false */
            includeSubServices: boolean;
            /** @default [] */
            except: string[];
            /**
             * @default both
             * @enum {string}
             */
            direction: "both" | "up" | "down";
            /** @default [] */
            caps: {
                limit: components["schemas"]["Quantity"];
                per: ("period" | "day") | {
                    rollingHours: number;
                };
                /**
                 * @description What octets past the cap are: billed like any other, or still free with a notice.
                 * @enum {string}
                 */
                past: "billed" | "noticed";
            }[];
            /** @default [] */
            windows: {
                fromHour: number;
                toHour: number;
                /** @description 1 = Monday */
                weekdays?: number[];
            }[];
            /**
             * @description Free only in these networks; empty = anywhere. An unknown network is home.
             * @default []
             */
            homeMccs: string[];
            /** @description Who pays for the free octets; named on their lines. Left out: nobody is named. */
            payer?: {
                /** @constant */
                kind: "operator";
            } | {
                /** @constant */
                kind: "subscriber";
                /** @description What the subscriber pays per period for the rule; left out: it is in the base fee. */
                fee?: {
                    amount: components["schemas"]["Money"];
                    /**
                     * @description How a part of a period counts. full: wholly, once per plan and period, less what earlier versions charged by their share. by_day: local days begun, a day of change goes to the later plan. by_time: milliseconds in force over milliseconds of the period.
                     * @enum {string}
                     */
                    proration: "full" | "by_day" | "by_time";
                };
            } | {
                /** @constant */
                kind: "sponsor";
                sponsorId: string;
                /** @description What the sponsor pays for its octets; left out: nothing that is known here. */
                rate?: {
                    unit: components["schemas"]["Quantity"];
                    price: components["schemas"]["Money"];
                };
            };
        };
        /** @description SIMs that share a quota. Its pool never changes. */
        Group: {
            code: string;
            name: string;
            /** @description Of a fixed pool; null = the quotas of the SIMs in it together. */
            poolOctets: components["schemas"]["Octets"] | null;
            createdAt: components["schemas"]["Instant"];
        };
        /** @description A SIM is in a group from one instant to another. */
        GroupMember: {
            id: string;
            groupCode: string;
            simId: string;
            from: components["schemas"]["Instant"];
            /** @description Exclusive; null = until further notice. */
            to: components["schemas"]["Instant"] | null;
            /** @description Counts changes of this record. */
            version: number;
        };
        ImportResult: {
            version: components["schemas"]["ServiceVersion"];
            /** @description Against the version before; null = the first. */
            changes: components["schemas"]["RulesDiff"] | null;
            /** @description Names that the list means alone and that now cover what lies below them too. */
            widened: string[];
        };
        /**
         * Format: date-time
         * @description UTC, in milliseconds.
         * @example 2026-10-01T00:00:00.000Z
         */
        Instant: string;
        LateUsage: {
            statement: number;
            simId: string;
            octetsUp: components["schemas"]["Octets"];
            octetsDown: components["schemas"]["Octets"];
        };
        /** @example 980 */
        Money: string;
        NewApiKey: {
            /** Format: uuid */
            id: string;
            name: string;
            scopes: ("admin" | "catalogue" | "billing" | "usage-read" | "ingest")[];
            createdAt: components["schemas"]["Instant"];
            /** @description The key that made it; null = made by a command on the host. */
            createdBy: string | null;
            expiresAt: components["schemas"]["Instant"] | null;
            revokedAt: components["schemas"]["Instant"] | null;
            /** @description Exact to a minute. */
            lastUsedAt: components["schemas"]["Instant"] | null;
            /** @description Shown in this answer and never again. */
            secret: string;
        };
        /**
         * @description Octets as a decimal string: exact beyond 2^53.
         * @example 58956
         */
        Octets: string;
        /** @description Octets that a SIM may buy beside its plan. */
        Pack: {
            /** @description Names the pack; unique in the plan. */
            id: string;
            octets: components["schemas"]["Quantity"];
            price: components["schemas"]["Money"];
            /** @description Until the end of the period that it is bought in, or for days of 24 hours. */
            validFor: "period" | {
                days: number;
            };
            /**
             * @description Whether it covers octets before the quota is used, or only what is past it.
             * @default after_quota
             * @enum {string}
             */
            use: "before_quota" | "after_quota";
        };
        /** @description Octets that a SIM may buy beside its plan. */
        PackInput: {
            /** @description Names the pack; unique in the plan. */
            id: string;
            octets: components["schemas"]["Quantity"];
            price: components["schemas"]["Money"];
            /** @description Until the end of the period that it is bought in, or for days of 24 hours. */
            validFor: "period" | {
                days: number;
            };
            /**
             * @description Whether it covers octets before the quota is used, or only what is past it.
             * @default after_quota
             * @enum {string}
             */
            use: "before_quota" | "after_quota";
        };
        Period: {
            month: string;
            /**
             * @description open: closing was never ordered. held: its total waits to be confirmed.
             * @enum {string}
             */
            status: "open" | "closing" | "held" | "closed";
            statements: number;
            /** @description One for each zone, anchor day and currency that plans bill by. */
            runs: {
                id: string;
                timeZone: string;
                anchorDay: number;
                currency: string;
                from: components["schemas"]["Instant"];
                to: components["schemas"]["Instant"];
                asOf: components["schemas"]["Instant"];
                forced: boolean;
                /** @enum {string} */
                status: "running" | "held" | "finished";
                heldBecause: string | null;
                statements: number;
                createdAt: components["schemas"]["Instant"];
                finishedAt: components["schemas"]["Instant"] | null;
            }[];
        };
        Plan: {
            code: string;
            name: string;
            /** @description In force now; null before the first. */
            currentVersion: number | null;
            latestVersion: number;
            /** @description Counts changes of this record; not a version of the plan. */
            version: number;
            createdAt: components["schemas"]["Instant"];
            updatedAt: components["schemas"]["Instant"];
        };
        PlanTerms: {
            currency: {
                code: string;
                /** @description Places of the smallest coin that is billed: 0 for JPY, 2 for USD, 3 for KWD. */
                exponent: number;
            };
            timeZone: string;
            /** @default 1 */
            anchorDay: number;
            /** @enum {string} */
            rounding: "half_up" | "half_even" | "half_down" | "up" | "down" | "ceiling" | "floor";
            tax: {
                /**
                 * @description exclusive: added to the prices. inclusive: contained in them and shown.
                 * @enum {string}
                 */
                treatment: "exclusive" | "inclusive";
                /** @description The rate in force on the last local day of each stretch under a plan version holds for its charges. */
                rates: {
                    /**
                     * Format: date
                     * @description First local day; left out on the first rate only.
                     */
                    from?: string;
                    percent: string;
                }[];
            } | null;
            baseFee: {
                amount: components["schemas"]["Money"];
                /**
                 * @description How a part of a period counts. full: wholly, once per plan and period, less what earlier versions charged by their share. by_day: local days begun, a day of change goes to the later plan. by_time: milliseconds in force over milliseconds of the period.
                 * @enum {string}
                 */
                proration: "full" | "by_day" | "by_time";
            };
            /**
             * @description Direction that is billed. Free rules go first: what they make free is free in both directions, or in that of the rule.
             * @default both
             * @enum {string}
             */
            counted: "both" | "up" | "down";
            /** @description null: nothing is included, every billed octet is past the quota. */
            quota: {
                included: components["schemas"]["Quantity"];
                /**
                 * @description How a part of a period counts. full: wholly, once per plan and period, less what earlier versions charged by their share. by_day: local days begun, a day of change goes to the later plan. by_time: milliseconds in force over milliseconds of the period.
                 * @enum {string}
                 */
                proration: "full" | "by_day" | "by_time";
                carryOver?: {
                    /** @description Most that is carried; null = all of it. */
                    limit: components["schemas"]["Quantity"] | null;
                };
            } | null;
            overage: {
                /** @constant */
                kind: "none";
            } | {
                /** @constant */
                kind: "per_unit";
                unit: components["schemas"]["Quantity"];
                /** @enum {string} */
                unitRounding: "up" | "down" | "nearest" | "exact";
                /** @description Price of each unit that lies in the tier. */
                tiers: {
                    /** @description Octets past the quota, over all versions of the plan in the period; null on the last tier. */
                    upTo: components["schemas"]["Quantity"] | null;
                    price: components["schemas"]["Money"];
                }[];
            } | {
                /** @constant */
                kind: "stairs";
                /** @description One price for all octets past the quota, by the step that they reach. */
                tiers: {
                    /** @description Octets past the quota, over all versions of the plan in the period; null on the last tier. */
                    upTo: components["schemas"]["Quantity"] | null;
                    price: components["schemas"]["Money"];
                }[];
            };
            /** @default [] */
            free: components["schemas"]["FreeRule"][];
            /** @description Octets in a period that are billed or free, past which nothing is free or a notice is given. */
            totalCap?: {
                limit: components["schemas"]["Quantity"];
                /** @enum {string} */
                past: "billed" | "noticed";
            };
            /** @default [] */
            discounts: {
                id: string;
                amount: components["schemas"]["Money"];
                whenTotalAtMost: components["schemas"]["Quantity"];
                /** @description Whether free octets count towards the total. */
                includingFree: boolean;
            }[];
            packs?: components["schemas"]["Pack"][];
            /** @description Left out: 50, 80 and 100 percent, and no amounts. They never change a price. */
            thresholds?: {
                /**
                 * @description Shares of the quota and of each cap that raise `usage.threshold_reached`.
                 * @default [
                 *       50,
                 *       80,
                 *       100
                 *     ]
                 */
                percents: number[];
                /**
                 * @description Amounts due, tax included, that raise `usage.threshold_reached`.
                 * @default []
                 */
                amounts: components["schemas"]["Money"][];
            };
        };
        PlanTermsInput: {
            currency: {
                code: string;
                /** @description Places of the smallest coin that is billed: 0 for JPY, 2 for USD, 3 for KWD. */
                exponent: number;
            };
            timeZone: string;
            /** @default 1 */
            anchorDay: number;
            /** @enum {string} */
            rounding: "half_up" | "half_even" | "half_down" | "up" | "down" | "ceiling" | "floor";
            tax: {
                /**
                 * @description exclusive: added to the prices. inclusive: contained in them and shown.
                 * @enum {string}
                 */
                treatment: "exclusive" | "inclusive";
                /** @description The rate in force on the last local day of each stretch under a plan version holds for its charges. */
                rates: {
                    /**
                     * Format: date
                     * @description First local day; left out on the first rate only.
                     */
                    from?: string;
                    percent: string;
                }[];
            } | null;
            baseFee: {
                amount: components["schemas"]["Money"];
                /**
                 * @description How a part of a period counts. full: wholly, once per plan and period, less what earlier versions charged by their share. by_day: local days begun, a day of change goes to the later plan. by_time: milliseconds in force over milliseconds of the period.
                 * @enum {string}
                 */
                proration: "full" | "by_day" | "by_time";
            };
            /**
             * @description Direction that is billed. Free rules go first: what they make free is free in both directions, or in that of the rule.
             * @default both
             * @enum {string}
             */
            counted: "both" | "up" | "down";
            /** @description null: nothing is included, every billed octet is past the quota. */
            quota: {
                included: components["schemas"]["Quantity"];
                /**
                 * @description How a part of a period counts. full: wholly, once per plan and period, less what earlier versions charged by their share. by_day: local days begun, a day of change goes to the later plan. by_time: milliseconds in force over milliseconds of the period.
                 * @enum {string}
                 */
                proration: "full" | "by_day" | "by_time";
                carryOver?: {
                    /** @description Most that is carried; null = all of it. */
                    limit: components["schemas"]["Quantity"] | null;
                };
            } | null;
            overage: {
                /** @constant */
                kind: "none";
            } | {
                /** @constant */
                kind: "per_unit";
                unit: components["schemas"]["Quantity"];
                /** @enum {string} */
                unitRounding: "up" | "down" | "nearest" | "exact";
                /** @description Price of each unit that lies in the tier. */
                tiers: {
                    /** @description Octets past the quota, over all versions of the plan in the period; null on the last tier. */
                    upTo: components["schemas"]["Quantity"] | null;
                    price: components["schemas"]["Money"];
                }[];
            } | {
                /** @constant */
                kind: "stairs";
                /** @description One price for all octets past the quota, by the step that they reach. */
                tiers: {
                    /** @description Octets past the quota, over all versions of the plan in the period; null on the last tier. */
                    upTo: components["schemas"]["Quantity"] | null;
                    price: components["schemas"]["Money"];
                }[];
            };
            /** @default [] */
            free: components["schemas"]["FreeRuleInput"][];
            /** @description Octets in a period that are billed or free, past which nothing is free or a notice is given. */
            totalCap?: {
                limit: components["schemas"]["Quantity"];
                /** @enum {string} */
                past: "billed" | "noticed";
            };
            /** @default [] */
            discounts: {
                id: string;
                amount: components["schemas"]["Money"];
                whenTotalAtMost: components["schemas"]["Quantity"];
                /** @description Whether free octets count towards the total. */
                includingFree: boolean;
            }[];
            packs?: components["schemas"]["PackInput"][];
            /** @description Left out: 50, 80 and 100 percent, and no amounts. They never change a price. */
            thresholds?: {
                /**
                 * @description Shares of the quota and of each cap that raise `usage.threshold_reached`.
                 * @default [
                 *       50,
                 *       80,
                 *       100
                 *     ]
                 */
                percents: number[];
                /**
                 * @description Amounts due, tax included, that raise `usage.threshold_reached`.
                 * @default []
                 */
                amounts: components["schemas"]["Money"][];
            };
        };
        /** @description The terms of a plan from one instant to the next version. */
        PlanVersion: {
            planCode: string;
            version: number;
            effectiveFrom: components["schemas"]["Instant"];
            /** @description Start of the next version; null = none is known. */
            effectiveTo: components["schemas"]["Instant"] | null;
            /** @enum {string} */
            status: "scheduled" | "in_force" | "past";
            terms: components["schemas"]["PlanTerms"];
            createdAt: components["schemas"]["Instant"];
        };
        PrefixRule: {
            prefix: string;
            /** @description IPFIX protocolIdentifier: 6 TCP, 17 UDP. */
            protocol?: number;
            /** @description First and last peer port, inclusive. */
            ports?: [
                number,
                number
            ];
        };
        /** @description RFC 9457. */
        Problem: {
            /** @description `urn:countfree:problem:` + the class; branch on this. */
            type: string;
            title: string;
            status: number;
            /** @description What is wrong with this request and what to do. */
            detail: string;
            /** @description `urn:uuid:` + the id under which the request stands in the log. */
            instance: string;
            /** @description Every field at fault. */
            errors?: {
                /** @enum {string} */
                in: "body" | "query" | "path" | "header";
                /** @description JSON pointer (RFC 6901) into the body, or `/` + the name of the parameter. */
                pointer: string;
                detail: string;
            }[];
        };
        /**
         * @example {
         *       "value": "3",
         *       "unit": "GB"
         *     }
         */
        Quantity: {
            value: string;
            /** @enum {string} */
            unit: "octet" | "kB" | "MB" | "GB" | "TB" | "KiB" | "MiB" | "GiB" | "TiB";
        };
        Readiness: {
            /** @enum {string} */
            status: "ok" | "not_ready";
            checks: {
                name: string;
                ok: boolean;
                detail: string | null;
            }[];
        };
        /** @description One address space, e.g. one SORACOM VPG. */
        Realm: {
            name: string;
            /** @description Number of the realm in flow records; assigned. */
            index: number;
            mirror: {
                /** @enum {string} */
                type: "none" | "gre" | "vxlan" | "gtpu" | "ipip";
                outerSource?: string;
                outerDestination?: string;
                /** @description GRE key, VNI or TEID; absent = any. */
                key?: number;
            };
            subscriberPrefixes: string[];
            resolvers: string[];
            shareNames: boolean;
            retentionDays: number;
            revision: number;
            createdAt: components["schemas"]["Instant"];
            updatedAt: components["schemas"]["Instant"];
        };
        /** @description A UTC day of a SIM: what was mirrored, and what SORACOM counted. */
        Reconciliation: {
            account: string;
            simId: string;
            /**
             * Format: date
             * @description UTC: SORACOM counts and bills by UTC days.
             */
            day: string;
            /** @description On the SIM’s account. */
            mirrorOctets: components["schemas"]["Octets"];
            /** @description In suspense, of addresses that the SIM held for a part of the time; not in the ratio. */
            waitingOctets: components["schemas"]["Octets"];
            /** @description As SORACOM’s air statistics say, all speed classes. */
            soracomOctets: components["schemas"]["Octets"];
            /**
             * @description mirror ÷ SORACOM, four places; null where SORACOM has none.
             * @example 1.0004
             */
            ratio: string | null;
            /** @description Outside the band that is set for the account. */
            outside: boolean;
            comparedAt: components["schemas"]["Instant"];
        };
        ReconciliationDeviated: {
            /** @constant */
            type: "reconciliation.deviated";
            /** @description When it happened. */
            timestamp: components["schemas"]["Instant"];
            data: {
                account: string;
                /** @description First UTC day. */
                from: string;
                /** @description Day after the last. */
                to: string;
                /** @description Days of SIMs that differ. */
                simDays: number;
                worst: {
                    simId: string;
                    /**
                     * Format: date
                     * @description UTC: SORACOM counts and bills by UTC days.
                     */
                    day: string;
                    /** @description On the SIM’s account. */
                    mirrorOctets: components["schemas"]["Octets"];
                    /** @description In suspense, of addresses that the SIM held for a part of the time; not in the ratio. */
                    waitingOctets: components["schemas"]["Octets"];
                    /** @description As SORACOM’s air statistics say, all speed classes. */
                    soracomOctets: components["schemas"]["Octets"];
                    /**
                     * @description mirror ÷ SORACOM, four places; null where SORACOM has none.
                     * @example 1.0004
                     */
                    ratio: string | null;
                    /** @description Outside the band that is set for the account. */
                    outside: boolean;
                }[];
                /** @description Path of all of them in this API. */
                url: string;
            };
        };
        Replay: {
            replayed: number;
        };
        RulesDiff: {
            domainNames: {
                added: string[];
                removed: string[];
            };
            exactDomainNames: {
                added: string[];
                removed: string[];
            };
            excludeDomainNames: {
                added: string[];
                removed: string[];
            };
            prefixes: {
                added: components["schemas"]["PrefixRule"][];
                removed: components["schemas"]["PrefixRule"][];
            };
            /** @description Null = the same. */
            policy: {
                /** @enum {string} */
                from: "agree" | "name" | "prefix";
                /** @enum {string} */
                to: "agree" | "name" | "prefix";
            } | null;
        };
        /** @description A thing that plans make free or not. */
        Service: {
            code: string;
            name: string;
            /** @description The service that this one is a part of. */
            parentCode: string | null;
            /** @description 3GPP TS 32.255. */
            ratingGroup: number;
            /** @description 3GPP TS 32.255. */
            serviceIdentifier: number;
            /** @description Who pays for it where it is free for its users; null = nobody else. */
            sponsor: string | null;
            /** @description Grows with each change of this record; not a version of its rules. */
            revision: number;
            createdAt: components["schemas"]["Instant"];
            updatedAt: components["schemas"]["Instant"];
        };
        /** @description The rules of a service from one instant to the next version. */
        ServiceVersion: {
            /** @description Usage names it as `serviceVersionId`. */
            id: number;
            serviceCode: string;
            version: number;
            effectiveFrom: components["schemas"]["Instant"];
            /** @description Start of the next version; null = none is known. */
            effectiveTo: components["schemas"]["Instant"] | null;
            /**
             * @description agree: a claimed name needs an address that agrees; name: the name is enough; prefix: names are ignored.
             * @enum {string}
             */
            policy: "agree" | "name" | "prefix";
            rules: {
                domainNames: string[];
                /** @description Names that match alone, without what lies below them. */
                exactDomainNames: string[];
                excludeDomainNames: string[];
                prefixes: components["schemas"]["PrefixRule"][];
            };
            createdAt: components["schemas"]["Instant"];
        };
        /** @description One SIM held one address (or LAN prefix) in one realm for a time. */
        Session: {
            id: number;
            simId: string;
            realm: string;
            prefix: string;
            /** @description Inclusive. */
            startTime: components["schemas"]["Instant"];
            /** @description Exclusive; null = the SIM still holds it. */
            endTime: components["schemas"]["Instant"] | null;
            dnsServers: string[];
            /** @description Mobile country code of the visited network; null = unknown, taken for home. */
            mcc: string | null;
            revision: number;
        };
        Sim: {
            /** @description The operator's own id of the SIM. */
            id: string;
            imsis: string[];
            iccid: string | null;
            msisdn: string | null;
            name: string | null;
            /** @description Whether host names in its traffic may be looked at and stored. */
            nameConsent: boolean;
            /** @enum {string} */
            status: "active" | "suspended" | "terminated";
            tags: {
                [key: string]: string;
            };
            revision: number;
            createdAt: components["schemas"]["Instant"];
            updatedAt: components["schemas"]["Instant"];
        };
        Simulation: {
            id: string;
            month: string;
            planCode: string;
            /** @description The services whose draft rules it is about. */
            serviceCodes: string[];
            /** @enum {string} */
            status: "running" | "finished" | "failed";
            /** @description What kept it from being carried out; null unless it failed. */
            failedBecause: string | null;
            /** @description SIMs that were on the plan in the month. */
            sims: number;
            done: number;
            currency: string;
            /** @description Of the SIMs that are done. */
            totals: {
                /**
                 * @description Decimal text.
                 * @example 980
                 */
                billedAmount: string;
                /**
                 * @description Decimal text.
                 * @example 980
                 */
                simulatedAmount: string;
                /**
                 * @description Simulated less billed.
                 * @example 980
                 */
                difference: string;
                billedFreeOctets: components["schemas"]["Octets"];
                simulatedFreeOctets: components["schemas"]["Octets"];
                /** @description All octets of the month; the same in both. */
                octets: components["schemas"]["Octets"];
                /** @description Of them: octets that the draft catalogue takes for what the rules say of the name, which would hold only if the address bears it out; no address is stored. null: rated by a version that did not tell. */
                dependsOctets: components["schemas"]["Octets"] | null;
                /** @description Of them: octets that stay as they were recognised although the draft catalogue could move them, since neither name nor address is stored. null: as above. */
                unknownOctets: components["schemas"]["Octets"] | null;
            };
            createdAt: components["schemas"]["Instant"];
            finishedAt: components["schemas"]["Instant"] | null;
        };
        SimulationResult: {
            simId: string;
            /** @description The final statement, with its corrections; null: compared with the draft of now. */
            statement: number | null;
            /**
             * @description Decimal text.
             * @example 980
             */
            billedAmount: string;
            /**
             * @description Decimal text.
             * @example 980
             */
            simulatedAmount: string;
            /**
             * @description Simulated less billed.
             * @example 980
             */
            difference: string;
            billedFreeOctets: components["schemas"]["Octets"];
            simulatedFreeOctets: components["schemas"]["Octets"];
            /** @description All octets of the month; the same in both. */
            octets: components["schemas"]["Octets"];
            /** @description Of them: octets that the draft catalogue takes for what the rules say of the name, which would hold only if the address bears it out; no address is stored. null: rated by a version that did not tell. */
            dependsOctets: components["schemas"]["Octets"] | null;
            /** @description Of them: octets that stay as they were recognised although the draft catalogue could move them, since neither name nor address is stored. null: as above. */
            unknownOctets: components["schemas"]["Octets"] | null;
        };
        SimulationSummary: {
            id: string;
            month: string;
            planCode: string;
            /** @enum {string} */
            status: "running" | "finished" | "failed";
            /** @description What kept it from being carried out; null unless it failed. */
            failedBecause: string | null;
            /** @description SIMs that were on the plan in the month. */
            sims: number;
            done: number;
            createdAt: components["schemas"]["Instant"];
            finishedAt: components["schemas"]["Instant"] | null;
        };
        /** @description What a sponsor owes for a month. */
        SponsorSettlement: {
            sponsorId: string;
            currency: string;
            octets: components["schemas"]["Octets"];
            /**
             * @description Of the lines that have a rate, without tax.
             * @example 1200
             */
            amount: string;
            lines: {
                planCode: string;
                planVersion: number;
                /** @description Id of the free rule that names the sponsor. */
                planRule: string;
                serviceCode: string | null;
                sims: number;
                octetsUp: components["schemas"]["Octets"];
                octetsDown: components["schemas"]["Octets"];
                octets: components["schemas"]["Octets"];
                /** @description Null: the plan names no rate. */
                unitOctets: components["schemas"]["Octets"] | null;
                unitPrice: string | null;
                /** @description Octets at the rate, rounded as the plan rounds. */
                amount: string | null;
            }[];
        };
        SponsorSettlements: {
            items: components["schemas"]["SponsorSettlement"][];
        };
        /** @description A SIM’s month: every octet is on one usage line, every amount on one charge. */
        Statement: {
            /** @enum {string} */
            status: "draft" | "final";
            simId: string;
            /** @description Without gaps, on final statements. */
            number?: number;
            /** @description 1, 2, 3… per SIM. */
            chainPosition?: number;
            /** @description SHA-256 of the SIM's statement before: a later change of it shows. */
            previousHash?: string | null;
            finalizedAt?: components["schemas"]["Instant"];
            period: {
                month: string;
                from: components["schemas"]["Instant"];
                to: components["schemas"]["Instant"];
                timeZone: string;
                anchorDay: number;
            } & {
                [key: string]: unknown;
            };
            currency: {
                code: string;
                exponent: number;
            };
            segments: {
                planCode: string;
                planVersion: number;
                from: components["schemas"]["Instant"];
                to: components["schemas"]["Instant"];
                /** @description Group whose pool stands in place of the plan’s quota. */
                group?: string;
            }[];
            usage: components["schemas"]["StatementUsageLine"][];
            charges: components["schemas"]["StatementChargeLine"][];
            taxes: {
                /** @enum {string} */
                treatment: "exclusive" | "inclusive";
                percent: string;
                /**
                 * @description Decimal text in the currency of the statement.
                 * @example 980
                 */
                net: string;
                /**
                 * @description Decimal text in the currency of the statement.
                 * @example 980
                 */
                tax: string;
            }[];
            notices: ({
                kind: string;
                /** @description Position in `segments`, from 0. */
                segment: number;
                rule: string;
                hour: components["schemas"]["Instant"];
            } & {
                [key: string]: unknown;
            })[];
            totals: {
                octets: components["schemas"]["Octets"];
                octetsUp: components["schemas"]["Octets"];
                octetsDown: components["schemas"]["Octets"];
                freeOctets: components["schemas"]["Octets"];
                billedOctets: components["schemas"]["Octets"];
                notCountedOctets: components["schemas"]["Octets"];
                /** @description Part of the billed octets whose claimed name the address did not bear out. */
                nameNotVerifiedOctets: components["schemas"]["Octets"];
                /**
                 * @description Decimal text in the currency of the statement.
                 * @example 980
                 */
                net: string;
                /**
                 * @description Decimal text in the currency of the statement.
                 * @example 980
                 */
                tax: string;
                /**
                 * @description What the subscriber pays, tax included.
                 * @example 980
                 */
                amount: string;
            } & {
                [key: string]: unknown;
            };
            carriedOutOctets: components["schemas"]["Octets"];
            /** @description Corrections of earlier statements that are settled with this one. */
            corrections?: {
                id: string;
                statement: number;
                position: number;
                month: string;
                /**
                 * @description Decimal text in the currency of the statement.
                 * @example 980
                 */
                amount: string;
                hash: string;
            }[];
            /**
             * @description Total and corrections, where there are any.
             * @example 980
             */
            amountDue?: string;
            /** @description What is not known of the time, over the whole system. Octets that wait for a session, that a full flow table counted by address pair, subscriber or amount alone, whose hour is uncertain, malformed, of an unsupported form; packets lost on the way (of `numberedPackets`, whose numbers show it) and dropped by the packet socket; hellos dropped. */
            completeness: {
                [key: string]: string;
            };
            serviceVersions: {
                serviceVersionId: number;
                serviceCode: string;
            }[];
        } & {
            [key: string]: unknown;
        };
        StatementChain: {
            simId: string;
            /** @description Statements that are sound, from the first. */
            statements: number;
            broken: {
                number: number;
                reason: string;
            } | null;
        };
        StatementChargeLine: {
            /** @enum {string} */
            kind: "base_fee" | "service_fee" | "pack" | "carried_over" | "included" | "shared_quota" | "pack_octets" | "overage" | "beyond_quota" | "discount" | "tax";
            segment: number | null;
            /** @description JSON pointer of the rule within the terms of the plan version. */
            rule: string;
            octets?: components["schemas"]["Octets"];
            /** @description What the tier, or the stairs, had counted in earlier stretches under the plan. */
            octetsBefore?: components["schemas"]["Octets"];
            /** @description The pack that is charged, or that covers the octets. */
            pack?: string;
            /** @description The group whose pool covers the octets. */
            group?: string;
            units?: string;
            unitOctets?: components["schemas"]["Octets"];
            /**
             * @description Decimal text in the currency of the statement.
             * @example 980
             */
            unitPrice?: string;
            /** @description Part of the period that was charged, as part/whole. */
            share?: string;
            /**
             * @description Before rounding, where that differs.
             * @example 980
             */
            exactAmount?: string;
            /**
             * @description Decimal text in the currency of the statement.
             * @example 980
             */
            amount: string;
        } & {
            [key: string]: unknown;
        };
        StatementCorrected: {
            /** @constant */
            type: "statement.corrected";
            /** @description When it happened. */
            timestamp: components["schemas"]["Instant"];
            simId: string;
            /** @description 1, 2, 3… among the events of the SIM. */
            sequence: number;
            data: {
                id: string;
                /** @description Number of the statement that is corrected. */
                statement: number;
                /** @description 1, 2, 3… per statement: each corrects what the one before left. */
                position: number;
                month: string;
                /** @enum {string} */
                direction: "debit" | "credit" | "none";
                /**
                 * @description Decimal text; negative = credit.
                 * @example -220
                 */
                amount: string;
                /** @description SHA-256 of the JSON of the correction, hex. */
                hash: string;
                /** @description Path of the correction in this API. */
                url: string;
            };
        };
        StatementDrafted: {
            /** @constant */
            type: "statement.drafted";
            /** @description When it happened. */
            timestamp: components["schemas"]["Instant"];
            simId: string;
            /** @description 1, 2, 3… among the events of the SIM. */
            sequence: number;
            data: {
                month: string;
                from: components["schemas"]["Instant"];
                to: components["schemas"]["Instant"];
                freeOctets: components["schemas"]["Octets"];
                billedOctets: components["schemas"]["Octets"];
                currency: string;
                /** @description Decimal text, tax included. */
                amount: string;
                /** @description When the grace time is over. */
                closesAt: components["schemas"]["Instant"];
                /** @description Path of the draft in this API. */
                url: string;
            };
        };
        StatementFinalized: {
            /** @constant */
            type: "statement.finalized";
            /** @description When it happened. */
            timestamp: components["schemas"]["Instant"];
            simId: string;
            /** @description 1, 2, 3… among the events of the SIM. */
            sequence: number;
            data: {
                number: number;
                month: string;
                from: components["schemas"]["Instant"];
                to: components["schemas"]["Instant"];
                freeOctets: components["schemas"]["Octets"];
                billedOctets: components["schemas"]["Octets"];
                currency: string;
                /** @description Decimal text, tax included. */
                amount: string;
                /** @description SHA-256 of the statement’s JSON, hex. */
                hash: string;
                /** @description Path of the statement in this API. */
                url: string;
            };
        };
        /** @description A final statement without its lines. */
        StatementSummary: {
            number: number;
            simId: string;
            chainPosition: number;
            month: string;
            from: components["schemas"]["Instant"];
            to: components["schemas"]["Instant"];
            timeZone: string;
            anchorDay: number;
            octets: components["schemas"]["Octets"];
            octetsUp: components["schemas"]["Octets"];
            octetsDown: components["schemas"]["Octets"];
            freeOctets: components["schemas"]["Octets"];
            billedOctets: components["schemas"]["Octets"];
            notCountedOctets: components["schemas"]["Octets"];
            /** @description Part of the billed octets whose claimed name the address did not bear out. */
            nameNotVerifiedOctets: components["schemas"]["Octets"];
            currency: string;
            /**
             * @description Decimal text in the currency of the statement.
             * @example 980
             */
            net: string;
            /**
             * @description Decimal text in the currency of the statement.
             * @example 980
             */
            tax: string;
            /**
             * @description Decimal text in the currency of the statement.
             * @example 980
             */
            amount: string;
            /**
             * @description Corrections of earlier statements that are settled with this one; negative = credit.
             * @example 980
             */
            correctionsAmount: string;
            /**
             * @description Both together: what the subscriber pays.
             * @example 980
             */
            amountDue: string;
            /** @description SHA-256 of the statement’s JSON, hex. */
            hash: string;
            finalizedAt: components["schemas"]["Instant"];
            /** @description What is not known of the time, over the whole system. Octets that wait for a session, that a full flow table counted by address pair, subscriber or amount alone, whose hour is uncertain, malformed, of an unsupported form; packets lost on the way (of `numberedPackets`, whose numbers show it) and dropped by the packet socket; hellos dropped. */
            completeness: {
                [key: string]: string;
            };
        };
        StatementUsageLine: {
            /** @description Position in `segments`, from 0. */
            segment: number;
            /**
             * @description free, billed or not_counted.
             * @example free
             */
            treatment: string;
            /** @description Why it is treated so. */
            reason: string;
            /** @description Id of the plan's free rule that decided, or refused. */
            planRule: string | null;
            payer: ({
                kind: string;
            } & {
                [key: string]: unknown;
            }) | null;
            serviceCode: string | null;
            serviceVersionId: number | null;
            /** @enum {string} */
            evidence: "none" | "prefix" | "dns" | "sni" | "quic_sni" | "http_host" | "sni_unverified";
            /** @description The destination rule that fired. */
            rule: string | null;
            octetsUp: components["schemas"]["Octets"];
            octetsDown: components["schemas"]["Octets"];
            octets: components["schemas"]["Octets"];
            firstHour: components["schemas"]["Instant"];
            lastHour: components["schemas"]["Instant"];
            /**
             * @description "0" on what is not billed; billed octets are priced on charges.
             * @example 980
             */
            amount?: string;
        } & {
            [key: string]: unknown;
        };
        /** @description A SIM is on a plan from one instant to another. */
        Subscription: {
            id: string;
            simId: string;
            planCode: string;
            /** @description Stays on this version; null = follows the plan. */
            planVersion: number | null;
            from: components["schemas"]["Instant"];
            /** @description Exclusive; null = until further notice. */
            to: components["schemas"]["Instant"] | null;
            /** @description Counts changes of this record. */
            version: number;
            createdAt: components["schemas"]["Instant"];
            updatedAt: components["schemas"]["Instant"];
        };
        SubscriptionChanged: {
            /** @constant */
            type: "subscription.changed";
            /** @description When it happened. */
            timestamp: components["schemas"]["Instant"];
            simId: string;
            /** @description 1, 2, 3… among the events of the SIM. */
            sequence: number;
            data: {
                /** @enum {string} */
                change: "started" | "ended" | "continued" | "changed" | "withdrawn";
                subscription: components["schemas"]["Subscription"];
            };
        };
        SuspenseBound: {
            /** @constant */
            type: "sim.suspense_bound";
            /** @description When it happened. */
            timestamp: components["schemas"]["Instant"];
            simId: string;
            /** @description 1, 2, 3… among the events of the SIM. */
            sequence: number;
            data: {
                /** @description Addresses, hours and reasons that it was kept under. */
                rows: number;
                octetsUp: components["schemas"]["Octets"];
                octetsDown: components["schemas"]["Octets"];
                octets: components["schemas"]["Octets"];
                firstHour: components["schemas"]["Instant"];
                lastHour: components["schemas"]["Instant"];
                /** @description Path of where each came from, in this API. */
                url: string;
            };
        };
        SuspenseItem: {
            realmIndex: number;
            address: string;
            hour: components["schemas"]["Instant"];
            firstTime: components["schemas"]["Instant"];
            lastTime: components["schemas"]["Instant"];
            serviceCode: string | null;
            evidence: string;
            octetsUp: components["schemas"]["Octets"];
            octetsDown: components["schemas"]["Octets"];
        };
        TestEvent: {
            deliveryId: string;
        };
        /** @description RADIUS accounting that did not become a session. */
        UnresolvedAccounting: {
            realm: string;
            /** @description NAS-Identifier, or the address of the NAS. */
            nas: string;
            acctSessionId: string;
            prefix: string;
            imsi: string | null;
            iccid: string | null;
            msisdn: string | null;
            /** @description Inclusive. */
            startTime: components["schemas"]["Instant"];
            /** @description Exclusive; null = not stopped. */
            endTime: components["schemas"]["Instant"] | null;
            /** @description Mobile country code of the network; null = not told. */
            mcc: string | null;
            simId: string | null;
            /**
             * @description `unknown_sim` and `refused` are tried again by themselves once the SIM, or the prefix of the realm, is there.
             * @enum {string}
             */
            problem: "unknown_sim" | "refused" | "conflict";
            detail: string;
        };
        /** @description What the plans in force make of these octets, as statements do. Where a cap runs out within an hour, its last free octets are given to services, rules and names in a fixed order, so that parts sum to the whole. */
        UsageByPlan: {
            freeOctets: components["schemas"]["Octets"];
            billedOctets: components["schemas"]["Octets"];
            /** @description Of a direction that the plan does not count. */
            notCountedOctets: components["schemas"]["Octets"];
            /** @description Of hours in which the SIM was on no plan. */
            withoutPlanOctets: components["schemas"]["Octets"];
        };
        UsageCapExceeded: {
            /** @constant */
            type: "usage.cap_exceeded";
            /** @description When it happened. */
            timestamp: components["schemas"]["Instant"];
            simId: string;
            /** @description 1, 2, 3… among the events of the SIM. */
            sequence: number;
            data: {
                /** @enum {string} */
                kind: "quota" | "pool" | "cap" | "total_cap" | "amount";
                planCode: string;
                planVersion: number;
                /** @description JSON pointer of the rule within the terms of the plan version. */
                rule: string;
                /** @description What the threshold starts anew with: a local day, else the start of the segment or period. */
                window: string;
                /** @description A share such as `80%`, `exceeded`, or an amount. */
                threshold: string;
                /** @description Octets, or money, that 100 % is. */
                limit: string;
                used: string;
                /** @description The group whose pool it is; it is told of once for all its SIMs. */
                group?: string | null;
                month: string;
                /** @description Of an amount. */
                currency?: string;
                from: components["schemas"]["Instant"];
                to: components["schemas"]["Instant"];
            };
        };
        /** @description What one figure of one UTC hour rests on. */
        UsageExplanation: {
            hour: components["schemas"]["Instant"];
            serviceCode: string | null;
            /** @description The version of the service’s rules that matched; null: none did. */
            serviceVersion: {
                id: number;
                version: number;
                effectiveFrom: components["schemas"]["Instant"];
            } | null;
            claimedServiceCode: string | null;
            /** @enum {string} */
            evidence: "none" | "prefix" | "dns" | "sni" | "quic_sni" | "http_host" | "sni_unverified";
            /** @description The name or prefix in the rules that fired. */
            rule: string | null;
            name: string | null;
            /** @description Whether name and address agreed; null where only one of them was looked at. */
            agreed: boolean | null;
            /** @description Mobile country code of the visited network; null = unknown. */
            mcc: string | null;
            octetsUp: components["schemas"]["Octets"];
            octetsDown: components["schemas"]["Octets"];
            packetsUp: string;
            packetsDown: string;
            /** @description What the plan in force makes of these octets; null in an hour in which the SIM was on none. */
            plan: {
                planCode: string;
                planVersion: number;
                /** @description All octets of the figure are on one of these. */
                treatments: {
                    /** @enum {string} */
                    treatment: "free" | "billed" | "not_counted";
                    /** @description Why it is treated so. */
                    reason: string;
                    /** @description Id of the free rule that decided or refused; null: none speaks of it. */
                    planRule: string | null;
                    octetsUp: components["schemas"]["Octets"];
                    octetsDown: components["schemas"]["Octets"];
                }[];
            } | null;
            /** @description The last batch that changed the figure; null where all of it was bound from suspense. */
            batch: {
                source: string;
                generation: string;
                sequence: string;
                firstTime: components["schemas"]["Instant"] | null;
                lastTime: components["schemas"]["Instant"] | null;
                receivedAt: components["schemas"]["Instant"];
            } | null;
            /** @description Octets that came from an address before its session was known; at most 20. */
            bindings: {
                sessionId: string;
                address: string;
                octetsUp: components["schemas"]["Octets"];
                octetsDown: components["schemas"]["Octets"];
                boundAt: components["schemas"]["Instant"];
            }[];
        };
        UsageExplanations: {
            items: components["schemas"]["UsageExplanation"][];
            /** @description Hand it back as `cursor` for the next page; null = last page. */
            nextCursor: string | null;
            /** @description What is not known of the time, over the whole system. Octets that wait for a session, that a full flow table counted by address pair, subscriber or amount alone, whose hour is uncertain, malformed, of an unsupported form; packets lost on the way (of `numberedPackets`, whose numbers show it) and dropped by the packet socket; hellos dropped. */
            completeness: {
                [key: string]: string;
            };
        };
        UsageItem: {
            simId: string;
            /** @description Start of the hour, day or month. */
            start: components["schemas"]["Instant"];
            /** @description Null: no service matched; such octets are billed. */
            serviceCode: string | null;
            /** @description The version of the rules that matched. */
            serviceVersionId: number | null;
            claimedServiceCode: string | null;
            /**
             * @description Why the octets were taken for the service. sni_unverified: a name was claimed that the address does not bear out, so they are billed. none: nothing matched.
             * @enum {string}
             */
            evidence: "none" | "prefix" | "dns" | "sni" | "quic_sni" | "http_host" | "sni_unverified";
            /** @description The name or prefix in the rules that fired. */
            rule: string | null;
            /** @description The name seen, where the SIM consents. */
            name: string | null;
            /** @description Mobile country code of the visited network; null = unknown. */
            mcc: string | null;
            octetsUp: components["schemas"]["Octets"];
            octetsDown: components["schemas"]["Octets"];
            octets: components["schemas"]["Octets"];
            packetsUp: string;
            packetsDown: string;
            /** @description Path of what these octets rest on: rule, version, evidence, batch and hour. */
            explanation: string;
        };
        UsagePage: {
            items: components["schemas"]["UsageItem"][];
            /** @description Hand it back as `cursor` for the next page; null = last page. */
            nextCursor: string | null;
            totals: components["schemas"]["UsageTotals"];
        };
        UsageThreshold: {
            id: string;
            simId: string;
            /** @enum {string} */
            kind: "quota" | "pool" | "cap" | "total_cap" | "amount";
            planCode: string;
            planVersion: number;
            /** @description JSON pointer of the rule within the terms of the plan version. */
            rule: string;
            /** @description What the threshold starts anew with: a local day, else the start of the segment or period. */
            window: string;
            /** @description A share such as `80%`, `exceeded`, or an amount. */
            threshold: string;
            /** @description Octets, or money, that 100 % is. */
            limit: string;
            used: string;
            /** @description The group whose pool it is; it is told of once for all its SIMs. */
            group?: string | null;
            month: string;
            reachedAt: components["schemas"]["Instant"];
        };
        UsageThresholdReached: {
            /** @constant */
            type: "usage.threshold_reached";
            /** @description When it happened. */
            timestamp: components["schemas"]["Instant"];
            simId: string;
            /** @description 1, 2, 3… among the events of the SIM. */
            sequence: number;
            data: {
                /** @enum {string} */
                kind: "quota" | "pool" | "cap" | "total_cap" | "amount";
                planCode: string;
                planVersion: number;
                /** @description JSON pointer of the rule within the terms of the plan version. */
                rule: string;
                /** @description What the threshold starts anew with: a local day, else the start of the segment or period. */
                window: string;
                /** @description A share such as `80%`, `exceeded`, or an amount. */
                threshold: string;
                /** @description Octets, or money, that 100 % is. */
                limit: string;
                used: string;
                /** @description The group whose pool it is; it is told of once for all its SIMs. */
                group?: string | null;
                month: string;
                /** @description Of an amount. */
                currency?: string;
                from: components["schemas"]["Instant"];
                to: components["schemas"]["Instant"];
            };
        };
        /** @description Of everything under the filter, not only of this page. */
        UsageTotals: {
            octetsUp: components["schemas"]["Octets"];
            octetsDown: components["schemas"]["Octets"];
            octets: components["schemas"]["Octets"];
            /** @description Octets of services: plans can make them free. */
            serviceOctets: components["schemas"]["Octets"];
            /** @description Octets of no service, or of a claim that was not borne out. */
            otherOctets: components["schemas"]["Octets"];
            /** @description Null where it takes too long to apply the plans: `byPlanMissing` says why. */
            byPlan: components["schemas"]["UsageByPlan"] | null;
            /** @description Why `byPlan` is null, and what to do; null where it is there. Plans are applied for at most 5000 SIMs, 200 of them on plans with caps or time windows. */
            byPlanMissing: string | null;
            byService: {
                serviceCode: string | null;
                /**
                 * @description Why the octets were taken for the service. sni_unverified: a name was claimed that the address does not bear out, so they are billed. none: nothing matched.
                 * @enum {string}
                 */
                evidence: "none" | "prefix" | "dns" | "sni" | "quic_sni" | "http_host" | "sni_unverified";
                octetsUp: components["schemas"]["Octets"];
                octetsDown: components["schemas"]["Octets"];
                octets: components["schemas"]["Octets"];
            }[];
        };
        UsageWithoutPlan: {
            simId: string;
            octetsUp: components["schemas"]["Octets"];
            octetsDown: components["schemas"]["Octets"];
        };
        WebhookEndpoint: {
            /** Format: uuid */
            id: string;
            url: string;
            description: string;
            /** @description Empty = all. */
            eventTypes: ("usage.threshold_reached" | "usage.cap_exceeded" | "statement.drafted" | "statement.finalized" | "statement.corrected" | "subscription.changed" | "sim.suspense_bound" | "capture.degraded" | "reconciliation.deviated" | "fraud.suspected")[];
            /** @enum {string} */
            ordering: "sim" | "none";
            /** @enum {string} */
            signature: "v1" | "v1a";
            /** @description `whpk_…` where the signature is v1a. */
            publicKey: string | null;
            enabled: boolean;
            /** @description Why, if not by the operator. */
            disabledReason: string | null;
            /** @description The receiver asked for a pause until then. */
            pausedUntil: components["schemas"]["Instant"] | null;
            revision: number;
            createdAt: components["schemas"]["Instant"];
            updatedAt: components["schemas"]["Instant"];
        };
        WebhookEndpointWithSecret: {
            /** Format: uuid */
            id: string;
            url: string;
            description: string;
            /** @description Empty = all. */
            eventTypes: ("usage.threshold_reached" | "usage.cap_exceeded" | "statement.drafted" | "statement.finalized" | "statement.corrected" | "subscription.changed" | "sim.suspense_bound" | "capture.degraded" | "reconciliation.deviated" | "fraud.suspected")[];
            /** @enum {string} */
            ordering: "sim" | "none";
            /** @enum {string} */
            signature: "v1" | "v1a";
            /** @description `whpk_…` where the signature is v1a. */
            publicKey: string | null;
            enabled: boolean;
            /** @description Why, if not by the operator. */
            disabledReason: string | null;
            /** @description The receiver asked for a pause until then. */
            pausedUntil: components["schemas"]["Instant"] | null;
            revision: number;
            createdAt: components["schemas"]["Instant"];
            updatedAt: components["schemas"]["Instant"];
            /** @description `whsec_…`, shown in this answer and never again; null where the signature is v1a. */
            secret: string | null;
        };
        WebhookTest: {
            /** @constant */
            type: "webhook.test";
            /** @description When it happened. */
            timestamp: components["schemas"]["Instant"];
            data: {
                endpointId: string;
                message: string;
            };
        };
    };
    responses: {
        /** @description `invalid`: The request has fields that are not valid. `malformed`: The request cannot be read */
        Problem400: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `unauthenticated`: A valid API key is needed */
        Problem401: {
            headers: {
                /**
                 * @description RFC 6750
                 * @example Bearer realm="countfree"
                 */
                "WWW-Authenticate"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `forbidden`: The API key does not allow this */
        Problem403: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `not_found`: There is no such resource. `unknown_path`: There is no such path */
        Problem404: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `not_acceptable`: No offered representation is acceptable */
        Problem406: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `conflict`: The request contradicts what is stored. `still_running`: The first request with this Idempotency-Key is still running. `outcome_unknown`: Nobody knows whether the first request with this Idempotency-Key was carried out */
        Problem409: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `changed_meanwhile`: The resource has changed since it was read */
        Problem412: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `too_large`: The request body is too large */
        Problem413: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `wrong_content_type`: The request body has a content type that is not taken */
        Problem415: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `key_reused`: The Idempotency-Key was used for another request */
        Problem422: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `too_many_requests`: Too many requests */
        Problem429: {
            headers: {
                /**
                 * @description Seconds to wait
                 * @example 17
                 */
                "Retry-After"?: string;
                /**
                 * @description Requests of the key (q) in a window of seconds (w)
                 * @example "default";q=60000;w=60
                 */
                "RateLimit-Policy"?: string;
                /**
                 * @description Requests left (r) until the window ends in t seconds
                 * @example "default";r=0;t=17
                 */
                RateLimit?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `internal`: The service failed */
        Problem500: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `unavailable`: Something the service needs is away */
        Problem503: {
            headers: {
                /**
                 * @description Seconds to wait
                 * @example 17
                 */
                "Retry-After"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: {
        /** @description Any text of your own, e.g. a UUID. The operation runs once; the same request again within 24 hours gets the same answer, with `idempotency-replayed: true`. 409 `still_running` while the first runs, 409 `outcome_unknown` if it failed (5xx) or its process died, 422 for another request under the same key. A refused request leaves the key free. */
        IdempotencyKey: string;
        /** @description The ETag of the resource as you read it: the change is refused (412) if it has changed since. */
        IfMatch: string;
        /** @description The ETag of the resource as you have it: the answer is 304 without a body if it is still that. */
        IfNoneMatch: string;
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listRealms: {
        parameters: {
            query?: {
                /** @description Most items on the page. */
                limit?: number;
                /** @description `nextCursor` of the page before, as it came; leave out for the first page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Realm"][];
                        /** @description Hand it back as `cursor` for the next page; null = last page. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    createRealm: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text of your own, e.g. a UUID. The operation runs once; the same request again within 24 hours gets the same answer, with `idempotency-replayed: true`. 409 `still_running` while the first runs, 409 `outcome_unknown` if it failed (5xx) or its process died, 422 for another request under the same key. A refused request leaves the key free. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of the resource as you read it: the change is refused (412) if it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "vpg-tokyo",
                 *       "mirror": {
                 *         "type": "gre",
                 *         "outerSource": "100.64.1.10",
                 *         "outerDestination": "10.0.0.5"
                 *       },
                 *       "subscriberPrefixes": [
                 *         "10.128.0.0/9"
                 *       ],
                 *       "resolvers": [
                 *         "100.127.0.53",
                 *         "100.127.1.53"
                 *       ]
                 *     }
                 */
                "application/json": {
                    /** @description Name of a realm, e.g. `vpg-tokyo` */
                    name: string;
                    mirror?: {
                        /**
                         * @description Tunnel that the mirror arrives in
                         * @enum {string}
                         */
                        type: "none" | "gre" | "vxlan" | "gtpu" | "ipip";
                        /** @description Outer source address; absent = any */
                        outerSource?: string;
                        /** @description Outer destination address; absent = any */
                        outerDestination?: string;
                        /** @description GRE key, VNI or TEID; absent = any */
                        key?: number;
                    };
                    subscriberPrefixes: string[];
                    /** @description DNS servers that are believed for sessions that name none */
                    resolvers?: string[];
                    /**
                     * @description Whether a name that one SIM resolved also names flows of other SIMs of the realm
                     * @default false
                     */
                    shareNames?: boolean;
                    /**
                     * @description Days after which names are forgotten
                     * @default 90
                     */
                    retentionDays?: number;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    /** @description Of this representation */
                    ETag?: string;
                    /** @description Path of what was made */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Realm"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    getRealm: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the resource as you have it: the answer is 304 without a body if it is still that. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                /** @description Name of the realm. */
                realmName: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    /** @description Of this representation */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Realm"];
                };
            };
            /** @description Unchanged */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    deleteRealm: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the resource as you read it: the change is refused (412) if it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name of the realm. */
                realmName: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    updateRealm: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the resource as you read it: the change is refused (412) if it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Name of the realm. */
                realmName: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "resolvers": [
                 *         "100.127.0.53"
                 *       ]
                 *     }
                 */
                "application/json": {
                    /** @description Name of a realm, e.g. `vpg-tokyo` */
                    name?: string;
                    mirror?: {
                        /**
                         * @description Tunnel that the mirror arrives in
                         * @enum {string}
                         */
                        type: "none" | "gre" | "vxlan" | "gtpu" | "ipip";
                        /** @description Outer source address; absent = any */
                        outerSource?: string;
                        /** @description Outer destination address; absent = any */
                        outerDestination?: string;
                        /** @description GRE key, VNI or TEID; absent = any */
                        key?: number;
                    };
                    subscriberPrefixes?: string[];
                    /** @description DNS servers that are believed for sessions that name none */
                    resolvers?: string[];
                    /** @description Whether a name that one SIM resolved also names flows of other SIMs of the realm */
                    shareNames?: boolean;
                    /** @description Days after which names are forgotten */
                    retentionDays?: number;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    /** @description Of this representation */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Realm"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    listSims: {
        parameters: {
            query?: {
                imsi?: string;
                status?: "active" | "suspended" | "terminated";
                /** @description Most items on the page. */
                limit?: number;
                /** @description `nextCursor` of the page before, as it came; leave out for the first page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Sim"][];
                        /** @description Hand it back as `cursor` for the next page; null = last page. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    createSim: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text of your own, e.g. a UUID. The operation runs once; the same request again within 24 hours gets the same answer, with `idempotency-replayed: true`. 409 `still_running` while the first runs, 409 `outcome_unknown` if it failed (5xx) or its process died, 422 for another request under the same key. A refused request leaves the key free. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of the resource as you read it: the change is refused (412) if it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "sim-0001",
                 *       "imsis": [
                 *         "440101234567890"
                 *       ],
                 *       "nameConsent": true,
                 *       "tags": {
                 *         "fleet": "buses"
                 *       }
                 *     }
                 */
                "application/json": {
                    /** @description The operator's own id of the SIM */
                    id: string;
                    /**
                     * @description ITU-T E.212
                     * @default []
                     */
                    imsis?: string[];
                    /**
                     * @description ITU-T E.118
                     * @default null
                     */
                    iccid?: string | null;
                    /** @description ITU-T E.164, without + */
                    msisdn?: string | null;
                    /** @default null */
                    name?: string | null;
                    /**
                     * @description Whether host names in the traffic may be looked at and stored (通信の秘密)
                     * @default false
                     */
                    nameConsent?: boolean;
                    /**
                     * @default active
                     * @enum {string}
                     */
                    status?: "active" | "suspended" | "terminated";
                    /** @default {} */
                    tags?: {
                        [key: string]: string;
                    };
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    /** @description Of this representation */
                    ETag?: string;
                    /** @description Path of what was made */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sim"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    putSims: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text of your own, e.g. a UUID. The operation runs once; the same request again within 24 hours gets the same answer, with `idempotency-replayed: true`. 409 `still_running` while the first runs, 409 `outcome_unknown` if it failed (5xx) or its process died, 422 for another request under the same key. A refused request leaves the key free. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "items": [
                 *         {
                 *           "id": "sim-0001",
                 *           "imsis": [
                 *             "440101234567890"
                 *           ]
                 *         },
                 *         {
                 *           "id": "sim-0002"
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": {
                    /** @description Rows; each is taken or refused on its own. */
                    items: {
                        /** @description The operator's own id of the SIM */
                        id: string;
                        /**
                         * @description ITU-T E.212
                         * @default []
                         */
                        imsis?: string[];
                        /**
                         * @description ITU-T E.118
                         * @default null
                         */
                        iccid?: string | null;
                        /** @description ITU-T E.164, without + */
                        msisdn?: string | null;
                        /** @default null */
                        name?: string | null;
                        /**
                         * @description Whether host names in the traffic may be looked at and stored (通信の秘密)
                         * @default false
                         */
                        nameConsent?: boolean;
                        /**
                         * @default active
                         * @enum {string}
                         */
                        status?: "active" | "suspended" | "terminated";
                        /** @default {} */
                        tags?: {
                            [key: string]: string;
                        };
                    }[];
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkResult"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    putSimsCsv: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text of your own, e.g. a UUID. The operation runs once; the same request again within 24 hours gets the same answer, with `idempotency-replayed: true`. 409 `still_running` while the first runs, 409 `outcome_unknown` if it failed (5xx) or its process died, 422 for another request under the same key. A refused request leaves the key free. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example id,imsis,nameConsent
                 *     sim-0003,440101234567893,true
                 */
                "text/csv": string;
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkResult"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    getSim: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the resource as you have it: the answer is 304 without a body if it is still that. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                /** @description The operator's id of the SIM. */
                simId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    /** @description Of this representation */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sim"];
                };
            };
            /** @description Unchanged */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    deleteSim: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the resource as you read it: the change is refused (412) if it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description The operator's id of the SIM. */
                simId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    updateSim: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the resource as you read it: the change is refused (412) if it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description The operator's id of the SIM. */
                simId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "status": "suspended"
                 *     }
                 */
                "application/json": {
                    /** @description ITU-T E.212 */
                    imsis?: string[];
                    /** @description ITU-T E.118 */
                    iccid?: string | null;
                    /** @description ITU-T E.164, without + */
                    msisdn?: string | null;
                    name?: string | null;
                    /** @description Whether host names in the traffic may be looked at and stored (通信の秘密) */
                    nameConsent?: boolean;
                    /** @enum {string} */
                    status?: "active" | "suspended" | "terminated";
                    tags?: {
                        [key: string]: string;
                    };
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    /** @description Of this representation */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sim"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    listSessions: {
        parameters: {
            query?: {
                /** @description The operator's id of the SIM. */
                simId?: string;
                realm?: string;
                /** @description Sessions whose prefix contains this address. */
                address?: string;
                /** @description Sessions that were open at this instant. */
                at?: string;
                /** @description Most items on the page. */
                limit?: number;
                /** @description `nextCursor` of the page before, as it came; leave out for the first page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Session"][];
                        /** @description Hand it back as `cursor` for the next page; null = last page. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    createSession: {
        parameters: {
            query?: {
                /** @description What to do with an earlier session of the same prefix that is still open. */
                open?: "refuse" | "end";
            };
            header?: {
                /** @description Any text of your own, e.g. a UUID. The operation runs once; the same request again within 24 hours gets the same answer, with `idempotency-replayed: true`. 409 `still_running` while the first runs, 409 `outcome_unknown` if it failed (5xx) or its process died, 422 for another request under the same key. A refused request leaves the key free. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of the resource as you read it: the change is refused (412) if it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "simId": "sim-0001",
                 *       "realm": "vpg-tokyo",
                 *       "prefix": "10.128.0.1",
                 *       "startTime": "2026-10-01T00:00:00+09:00"
                 *     }
                 */
                "application/json": {
                    /** @description The operator's own id of the SIM */
                    simId: string;
                    /** @description Name of a realm, e.g. `vpg-tokyo` */
                    realm: string;
                    /** @description Address, or LAN prefix, that the SIM holds; e.g. `10.128.0.1` or `192.168.7.0/24` */
                    prefix: string;
                    /**
                     * Format: date-time
                     * @description Inclusive
                     */
                    startTime: string;
                    /** @description Exclusive; null = the SIM still holds it */
                    endTime?: string | null;
                    /** @description DNS servers that are believed for this session; empty = the realm's */
                    dnsServers?: string[];
                    /** @description Mobile country code of the visited network (ITU-T E.212); null = unknown, taken for home */
                    mcc?: string | null;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    /** @description Of this representation */
                    ETag?: string;
                    /** @description Path of what was made */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    putSessions: {
        parameters: {
            query?: {
                /** @description What to do with an earlier session of the same prefix that is still open. */
                open?: "refuse" | "end";
            };
            header?: {
                /** @description Any text of your own, e.g. a UUID. The operation runs once; the same request again within 24 hours gets the same answer, with `idempotency-replayed: true`. 409 `still_running` while the first runs, 409 `outcome_unknown` if it failed (5xx) or its process died, 422 for another request under the same key. A refused request leaves the key free. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "items": [
                 *         {
                 *           "simId": "sim-0001",
                 *           "realm": "vpg-tokyo",
                 *           "prefix": "10.128.0.1",
                 *           "startTime": "2026-10-01T00:00:00+09:00"
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": {
                    /** @description Rows; each is taken or refused on its own. */
                    items: {
                        /** @description The operator's own id of the SIM */
                        simId: string;
                        /** @description Name of a realm, e.g. `vpg-tokyo` */
                        realm: string;
                        /** @description Address, or LAN prefix, that the SIM holds; e.g. `10.128.0.1` or `192.168.7.0/24` */
                        prefix: string;
                        /**
                         * Format: date-time
                         * @description Inclusive
                         */
                        startTime: string;
                        /** @description Exclusive; null = the SIM still holds it */
                        endTime?: string | null;
                        /** @description DNS servers that are believed for this session; empty = the realm's */
                        dnsServers?: string[];
                        /** @description Mobile country code of the visited network (ITU-T E.212); null = unknown, taken for home */
                        mcc?: string | null;
                    }[];
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkResult"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    putSessionsCsv: {
        parameters: {
            query?: {
                /** @description What to do with an earlier session of the same prefix that is still open. */
                open?: "refuse" | "end";
            };
            header?: {
                /** @description Any text of your own, e.g. a UUID. The operation runs once; the same request again within 24 hours gets the same answer, with `idempotency-replayed: true`. 409 `still_running` while the first runs, 409 `outcome_unknown` if it failed (5xx) or its process died, 422 for another request under the same key. A refused request leaves the key free. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example simId,realm,prefix,startTime
                 *     sim-0002,vpg-tokyo,10.128.0.9/32,2026-10-01T00:00:00+09:00
                 */
                "text/csv": string;
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkResult"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    getSession: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the resource as you have it: the answer is 304 without a body if it is still that. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                sessionId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    /** @description Of this representation */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description Unchanged */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    deleteSession: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the resource as you read it: the change is refused (412) if it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                sessionId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    updateSession: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the resource as you read it: the change is refused (412) if it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                sessionId: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "endTime": "2026-10-02T12:00:00+09:00"
                 *     }
                 */
                "application/json": {
                    /** @description Exclusive; null = the SIM still holds it */
                    endTime?: string | null;
                    /** @description DNS servers that are believed for this session; empty = the realm's */
                    dnsServers?: string[];
                    /** @description Mobile country code of the visited network (ITU-T E.212); null = unknown, taken for home */
                    mcc?: string | null;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    /** @description Of this representation */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    endSession: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text of your own, e.g. a UUID. The operation runs once; the same request again within 24 hours gets the same answer, with `idempotency-replayed: true`. 409 `still_running` while the first runs, 409 `outcome_unknown` if it failed (5xx) or its process died, 422 for another request under the same key. A refused request leaves the key free. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of the resource as you read it: the change is refused (412) if it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                sessionId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    /** @description Of this representation */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    noteSoracomEvent: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text of your own, e.g. a UUID. The operation runs once; the same request again within 24 hours gets the same answer, with `idempotency-replayed: true`. 409 `still_running` while the first runs, 409 `outcome_unknown` if it failed (5xx) or its process died, 422 for another request under the same key. A refused request leaves the key free. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "imsi": "440101234567890"
                 *     }
                 */
                "application/json": {
                    /** @description SORACOM's id of the SIM. */
                    simId?: string;
                    /** @description Of a SIM that an earlier sync has read. */
                    imsi?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        noted: true;
                    };
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    listUnresolvedAccounting: {
        parameters: {
            query?: {
                /** @description Most items on the page. */
                limit?: number;
                /** @description `nextCursor` of the page before, as it came; leave out for the first page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["UnresolvedAccounting"][];
                        /** @description Hand it back as `cursor` for the next page; null = last page. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    listReconciliations: {
        parameters: {
            query?: {
                /** @description First day. */
                from?: string;
                /** @description Day after the last. */
                to?: string;
                account?: string;
                /** @description The operator's id of the SIM. */
                simId?: string;
                /** @description Only days that are outside the band, or only those that are not. */
                outside?: "true" | "false";
                /** @description Most items on the page. */
                limit?: number;
                /** @description `nextCursor` of the page before, as it came; leave out for the first page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Reconciliation"][];
                        /** @description Hand it back as `cursor` for the next page; null = last page. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    orderReconciliation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text of your own, e.g. a UUID. The operation runs once; the same request again within 24 hours gets the same answer, with `idempotency-replayed: true`. 409 `still_running` while the first runs, 409 `outcome_unknown` if it failed (5xx) or its process died, 422 for another request under the same key. A refused request leaves the key free. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "simId": "sim-0001"
                 *     }
                 */
                "application/json": {
                    /** @description The operator's id of the SIM. */
                    simId?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        ordered: true;
                    };
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    listServices: {
        parameters: {
            query?: {
                /** @description Most items on the page. */
                limit?: number;
                /** @description `nextCursor` of the page before, as it came; leave out for the first page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Service"][];
                        /** @description Hand it back as `cursor` for the next page; null = last page. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    createService: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text of your own, e.g. a UUID. The operation runs once; the same request again within 24 hours gets the same answer, with `idempotency-replayed: true`. 409 `still_running` while the first runs, 409 `outcome_unknown` if it failed (5xx) or its process died, 422 for another request under the same key. A refused request leaves the key free. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of the resource as you read it: the change is refused (412) if it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "code": "example-music",
                 *       "name": "Example Music",
                 *       "ratingGroup": 4711
                 *     }
                 */
                "application/json": {
                    /** @description Natural key of a service, e.g. `line-calls` */
                    code: string;
                    name: string;
                    /**
                     * @description The service that this one is a part of
                     * @default null
                     */
                    parentCode?: string | null;
                    /** @description 3GPP TS 32.255 */
                    ratingGroup: number;
                    /**
                     * @description 3GPP TS 32.255
                     * @default 0
                     */
                    serviceIdentifier?: number;
                    /** @description Who pays for it where it is free for its users (3GPP TS 29.214, Sponsor-Identity) */
                    sponsor?: string | null;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    /** @description Of this representation */
                    ETag?: string;
                    /** @description Path of what was made */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Service"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    getService: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the resource as you have it: the answer is 304 without a body if it is still that. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                /** @description Natural key of a service, e.g. `line-calls` */
                serviceCode: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    /** @description Of this representation */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Service"];
                };
            };
            /** @description Unchanged */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    deleteService: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the resource as you read it: the change is refused (412) if it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Natural key of a service, e.g. `line-calls` */
                serviceCode: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    updateService: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the resource as you read it: the change is refused (412) if it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Natural key of a service, e.g. `line-calls` */
                serviceCode: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Example Music Premium"
                 *     }
                 */
                "application/json": {
                    name?: string;
                    /** @description The service that this one is a part of */
                    parentCode?: string | null;
                    /** @description 3GPP TS 32.255 */
                    ratingGroup?: number;
                    /** @description 3GPP TS 32.255 */
                    serviceIdentifier?: number;
                    /** @description Who pays for it where it is free for its users (3GPP TS 29.214, Sponsor-Identity) */
                    sponsor?: string | null;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    /** @description Of this representation */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Service"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    listServiceVersions: {
        parameters: {
            query?: {
                /** @description Most items on the page. */
                limit?: number;
                /** @description `nextCursor` of the page before, as it came; leave out for the first page. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description Natural key of a service, e.g. `line-calls` */
                serviceCode: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["ServiceVersion"][];
                        /** @description Hand it back as `cursor` for the next page; null = last page. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    addServiceVersion: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text of your own, e.g. a UUID. The operation runs once; the same request again within 24 hours gets the same answer, with `idempotency-replayed: true`. 409 `still_running` while the first runs, 409 `outcome_unknown` if it failed (5xx) or its process died, 422 for another request under the same key. A refused request leaves the key free. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description Natural key of a service, e.g. `line-calls` */
                serviceCode: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "policy": "agree",
                 *       "rules": {
                 *         "domainNames": [
                 *           "music.example.com"
                 *         ],
                 *         "excludeDomainNames": [
                 *           "news.music.example.com"
                 *         ],
                 *         "prefixes": [
                 *           {
                 *             "prefix": "203.0.113.0/24",
                 *             "protocol": 17,
                 *             "ports": [
                 *               10001,
                 *               30000
                 *             ]
                 *           }
                 *         ]
                 *       }
                 *     }
                 */
                "application/json": {
                    /**
                     * Format: date-time
                     * @description Absent: at once. May lie in the past for the first version only
                     */
                    effectiveFrom?: string;
                    /**
                     * @description agree: a claimed name needs an address that agrees; name: the name is enough; prefix: names are ignored
                     * @default agree
                     * @enum {string}
                     */
                    policy?: "agree" | "name" | "prefix";
                    /** @description What a service version matches */
                    rules: {
                        domainNames?: string[];
                        /** @description These names alone, without what lies below them */
                        exactDomainNames?: string[];
                        /** @description Not this service although a name above covers them */
                        excludeDomainNames?: string[];
                        prefixes?: {
                            /** @description CIDR prefix of destinations, e.g. `147.92.128.0/17` */
                            prefix: string;
                            /** @description IPFIX protocolIdentifier: 6 TCP, 17 UDP */
                            protocol?: number;
                            /** @description First and last peer port, inclusive */
                            ports?: [
                                number,
                                number
                            ];
                        }[];
                    };
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    /** @description Path of what was made */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServiceVersion"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    getServiceVersion: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the resource as you have it: the answer is 304 without a body if it is still that. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                /** @description Natural key of a service, e.g. `line-calls` */
                serviceCode: string;
                version: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    /** @description Of this representation */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServiceVersion"];
                };
            };
            /** @description Unchanged */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    withdrawServiceVersion: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the resource as you read it: the change is refused (412) if it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Natural key of a service, e.g. `line-calls` */
                serviceCode: string;
                version: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    diffServiceVersions: {
        parameters: {
            query: {
                /** @description The version to compare with. */
                from: number;
            };
            header?: never;
            path: {
                /** @description Natural key of a service, e.g. `line-calls` */
                serviceCode: string;
                version: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RulesDiff"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    importServiceVersion: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text of your own, e.g. a UUID. The operation runs once; the same request again within 24 hours gets the same answer, with `idempotency-replayed: true`. 409 `still_running` while the first runs, 409 `outcome_unknown` if it failed (5xx) or its process died, 422 for another request under the same key. A refused request leaves the key free. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description Natural key of a service, e.g. `line-calls` */
                serviceCode: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "format": "domains",
                 *       "text": "domain:music.example.com\nfull:cdn.example.net @cdn # by name only",
                 *       "effectiveFrom": "2027-06-01T00:00:00+09:00"
                 *     }
                 */
                "application/json": {
                    /** @constant */
                    format: "pfd";
                    pfd: {
                        applicationId: string;
                        pfds: {
                            pfdId: string;
                            /** @description IPFilterRule of RFC 6733: protocol, server address and port */
                            flowDescriptions?: string[];
                            /** @description Only a whole site, such as `https://music.example.com/` */
                            urls?: string[];
                            /** @description FQDN, or a regular expression for a name and all below it */
                            domainNames?: string[];
                            dnProtocol?: string;
                        }[];
                        cachingTime?: string;
                        cachingTimer?: number;
                        pfdTimestamp?: string;
                        partialFlag?: boolean;
                        suppFeat?: string;
                    };
                    /**
                     * @description Replace what the format can say (names, prefixes or both) or add to it; the rest stays
                     * @default replace
                     * @enum {string}
                     */
                    mode?: "replace" | "add";
                    /**
                     * @description Names that the list means alone: match them alone, or all below them too, or refuse them
                     * @default exact
                     * @enum {string}
                     */
                    exactNames?: "exact" | "below" | "refuse";
                    /**
                     * Format: date-time
                     * @description Absent: at once
                     */
                    effectiveFrom?: string;
                    /**
                     * @description Absent: as in the latest version; agree for the first
                     * @enum {string}
                     */
                    policy?: "agree" | "name" | "prefix";
                } | {
                    /** @constant */
                    format: "domains";
                    text: string;
                    /** @description Take only lines with this attribute */
                    attribute?: string;
                    /** @description Leave out lines with one of these */
                    withoutAttributes?: string[];
                    /**
                     * @description Replace what the format can say (names, prefixes or both) or add to it; the rest stays
                     * @default replace
                     * @enum {string}
                     */
                    mode?: "replace" | "add";
                    /**
                     * @description Names that the list means alone: match them alone, or all below them too, or refuse them
                     * @default exact
                     * @enum {string}
                     */
                    exactNames?: "exact" | "below" | "refuse";
                    /**
                     * Format: date-time
                     * @description Absent: at once
                     */
                    effectiveFrom?: string;
                    /**
                     * @description Absent: as in the latest version; agree for the first
                     * @enum {string}
                     */
                    policy?: "agree" | "name" | "prefix";
                } | {
                    /** @constant */
                    format: "prefixes";
                    text: string;
                    /**
                     * @description Replace what the format can say (names, prefixes or both) or add to it; the rest stays
                     * @default replace
                     * @enum {string}
                     */
                    mode?: "replace" | "add";
                    /**
                     * @description Names that the list means alone: match them alone, or all below them too, or refuse them
                     * @default exact
                     * @enum {string}
                     */
                    exactNames?: "exact" | "below" | "refuse";
                    /**
                     * Format: date-time
                     * @description Absent: at once
                     */
                    effectiveFrom?: string;
                    /**
                     * @description Absent: as in the latest version; agree for the first
                     * @enum {string}
                     */
                    policy?: "agree" | "name" | "prefix";
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    /** @description Path of what was made */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImportResult"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    exportServiceVersion: {
        parameters: {
            query: {
                format: "pfd" | "domains" | "prefixes";
                /** @description Leave out what the format cannot say. */
                partial?: "true" | "false";
            };
            header?: never;
            path: {
                /** @description Natural key of a service, e.g. `line-calls` */
                serviceCode: string;
                version: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        applicationId: string;
                        pfds: {
                            pfdId: string;
                            /** @description IPFilterRule of RFC 6733: protocol, server address and port */
                            flowDescriptions?: string[];
                            /** @description Only a whole site, such as `https://music.example.com/` */
                            urls?: string[];
                            /** @description FQDN, or a regular expression for a name and all below it */
                            domainNames?: string[];
                            dnProtocol?: string;
                        }[];
                        cachingTime?: string;
                        cachingTimer?: number;
                        pfdTimestamp?: string;
                        partialFlag?: boolean;
                        suppFeat?: string;
                    };
                    "text/plain": string;
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            406: components["responses"]["Problem406"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    listPlans: {
        parameters: {
            query?: {
                /** @description Most items on the page. */
                limit?: number;
                /** @description `nextCursor` of the page before, as it came; leave out for the first page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Plan"][];
                        /** @description Hand it back as `cursor` for the next page; null = last page. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    createPlan: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text of your own, e.g. a UUID. The operation runs once; the same request again within 24 hours gets the same answer, with `idempotency-replayed: true`. 409 `still_running` while the first runs, 409 `outcome_unknown` if it failed (5xx) or its process died, 422 for another request under the same key. A refused request leaves the key free. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of the resource as you read it: the change is refused (412) if it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "code": "light-3gb",
                 *       "name": "Light 3 GB",
                 *       "effectiveFrom": "2026-10-01T00:00:00+09:00",
                 *       "terms": {
                 *         "currency": {
                 *           "code": "JPY",
                 *           "exponent": 0
                 *         },
                 *         "timeZone": "Asia/Tokyo",
                 *         "anchorDay": 1,
                 *         "rounding": "down",
                 *         "tax": {
                 *           "treatment": "inclusive",
                 *           "rates": [
                 *             {
                 *               "percent": "10"
                 *             }
                 *           ]
                 *         },
                 *         "baseFee": {
                 *           "amount": "980",
                 *           "proration": "full"
                 *         },
                 *         "quota": {
                 *           "included": {
                 *             "value": "3",
                 *             "unit": "GB"
                 *           },
                 *           "proration": "full"
                 *         },
                 *         "overage": {
                 *           "kind": "per_unit",
                 *           "unit": {
                 *             "value": "1",
                 *             "unit": "GB"
                 *           },
                 *           "unitRounding": "up",
                 *           "tiers": [
                 *             {
                 *               "upTo": null,
                 *               "price": "550"
                 *             }
                 *           ]
                 *         },
                 *         "free": [
                 *           {
                 *             "id": "line-free",
                 *             "services": [
                 *               "line"
                 *             ],
                 *             "includeSubServices": true
                 *           }
                 *         ],
                 *         "packs": [
                 *           {
                 *             "id": "plus-1gb",
                 *             "octets": {
                 *               "value": "1",
                 *               "unit": "GB"
                 *             },
                 *             "price": "500",
                 *             "validFor": {
                 *               "days": 30
                 *             },
                 *             "use": "after_quota"
                 *           }
                 *         ]
                 *       }
                 *     }
                 */
                "application/json": {
                    /** @description Natural key of a plan */
                    code: string;
                    name: string;
                    /**
                     * Format: date-time
                     * @description From when the terms hold: a whole hour of UTC or the start of a day in the time zone of the terms, not in the past unless it is the first version of the plan
                     */
                    effectiveFrom: string;
                    terms: components["schemas"]["PlanTermsInput"];
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    /** @description Of this representation */
                    ETag?: string;
                    /** @description Path of what was made */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plan"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    getPlan: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the resource as you have it: the answer is 304 without a body if it is still that. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                /** @description Natural key of a plan */
                planCode: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    /** @description Of this representation */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plan"];
                };
            };
            /** @description Unchanged */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    renamePlan: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the resource as you read it: the change is refused (412) if it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Natural key of a plan */
                planCode: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Light 3 GB (2026)"
                 *     }
                 */
                "application/json": {
                    name: string;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    /** @description Of this representation */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plan"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    listPlanVersions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Natural key of a plan */
                planCode: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["PlanVersion"][];
                        /** @description Hand it back as `cursor` for the next page; null = last page. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    addPlanVersion: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text of your own, e.g. a UUID. The operation runs once; the same request again within 24 hours gets the same answer, with `idempotency-replayed: true`. 409 `still_running` while the first runs, 409 `outcome_unknown` if it failed (5xx) or its process died, 422 for another request under the same key. A refused request leaves the key free. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description Natural key of a plan */
                planCode: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "effectiveFrom": "2027-04-01T00:00:00+09:00",
                 *       "terms": {
                 *         "currency": {
                 *           "code": "JPY",
                 *           "exponent": 0
                 *         },
                 *         "timeZone": "Asia/Tokyo",
                 *         "anchorDay": 1,
                 *         "rounding": "down",
                 *         "tax": {
                 *           "treatment": "inclusive",
                 *           "rates": [
                 *             {
                 *               "percent": "10"
                 *             }
                 *           ]
                 *         },
                 *         "baseFee": {
                 *           "amount": "980",
                 *           "proration": "full"
                 *         },
                 *         "quota": {
                 *           "included": {
                 *             "value": "3",
                 *             "unit": "GB"
                 *           },
                 *           "proration": "full"
                 *         },
                 *         "overage": {
                 *           "kind": "per_unit",
                 *           "unit": {
                 *             "value": "1",
                 *             "unit": "GB"
                 *           },
                 *           "unitRounding": "up",
                 *           "tiers": [
                 *             {
                 *               "upTo": null,
                 *               "price": "550"
                 *             }
                 *           ]
                 *         },
                 *         "free": [
                 *           {
                 *             "id": "line-free",
                 *             "services": [
                 *               "line"
                 *             ],
                 *             "includeSubServices": true
                 *           }
                 *         ],
                 *         "packs": [
                 *           {
                 *             "id": "plus-1gb",
                 *             "octets": {
                 *               "value": "1",
                 *               "unit": "GB"
                 *             },
                 *             "price": "500",
                 *             "validFor": {
                 *               "days": 30
                 *             },
                 *             "use": "after_quota"
                 *           }
                 *         ]
                 *       }
                 *     }
                 */
                "application/json": {
                    /**
                     * Format: date-time
                     * @description From when the terms hold: a whole hour of UTC or the start of a day in the time zone of the terms, not in the past unless it is the first version of the plan
                     */
                    effectiveFrom: string;
                    terms: components["schemas"]["PlanTermsInput"];
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    /** @description Path of what was made */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanVersion"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    getPlanVersion: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the resource as you have it: the answer is 304 without a body if it is still that. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                /** @description Natural key of a plan */
                planCode: string;
                version: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    /** @description Of this representation */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanVersion"];
                };
            };
            /** @description Unchanged */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    withdrawPlanVersion: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the resource as you read it: the change is refused (412) if it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Natural key of a plan */
                planCode: string;
                version: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    listSubscriptions: {
        parameters: {
            query?: {
                /** @description The operator's id of the SIM. */
                simId?: string;
                /** @description Natural key of a plan */
                planCode?: string;
                /** @description In force at this instant. */
                at?: string;
                /** @description Most items on the page. */
                limit?: number;
                /** @description `nextCursor` of the page before, as it came; leave out for the first page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Subscription"][];
                        /** @description Hand it back as `cursor` for the next page; null = last page. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    createSubscription: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text of your own, e.g. a UUID. The operation runs once; the same request again within 24 hours gets the same answer, with `idempotency-replayed: true`. 409 `still_running` while the first runs, 409 `outcome_unknown` if it failed (5xx) or its process died, 422 for another request under the same key. A refused request leaves the key free. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of the resource as you read it: the change is refused (412) if it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "simId": "sim-0001",
                 *       "planCode": "light-3gb",
                 *       "from": "2026-10-01T00:00:00+09:00"
                 *     }
                 */
                "application/json": {
                    /** @description The operator's id of the SIM */
                    simId: string;
                    /** @description Natural key of a plan */
                    planCode: string;
                    /**
                     * @description Stay on this version; null = follow the plan
                     * @default null
                     */
                    planVersion?: number | null;
                    /**
                     * Format: date-time
                     * @description ISO 8601 with offset: a whole hour of UTC, or the start of a day in the time zone of the plan
                     */
                    from: string;
                    /** @description Exclusive; null = until further notice */
                    to?: string | null;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    /** @description Of this representation */
                    ETag?: string;
                    /** @description Path of what was made */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Subscription"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    getSubscription: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the resource as you have it: the answer is 304 without a body if it is still that. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                subscriptionId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    /** @description Of this representation */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Subscription"];
                };
            };
            /** @description Unchanged */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    withdrawSubscription: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the resource as you read it: the change is refused (412) if it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                subscriptionId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    endSubscription: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the resource as you read it: the change is refused (412) if it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                subscriptionId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "to": "2026-11-01T00:00:00+09:00"
                 *     }
                 */
                "application/json": {
                    /** @description End, exclusive; null = until further notice */
                    to: string | null;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    /** @description Of this representation */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Subscription"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    changePlan: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text of your own, e.g. a UUID. The operation runs once; the same request again within 24 hours gets the same answer, with `idempotency-replayed: true`. 409 `still_running` while the first runs, 409 `outcome_unknown` if it failed (5xx) or its process died, 422 for another request under the same key. A refused request leaves the key free. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "simId": "sim-0001",
                 *       "planCode": "light-10gb",
                 *       "at": "2026-10-15T00:00:00+09:00"
                 *     }
                 */
                "application/json": {
                    /** @description The operator's id of the SIM */
                    simId: string;
                    /** @description Natural key of a plan */
                    planCode: string;
                    /**
                     * @description Stay on this version; null = follow the plan
                     * @default null
                     */
                    planVersion?: number | null;
                    /**
                     * Format: date-time
                     * @description ISO 8601 with offset: a whole hour of UTC, or the start of a day in the time zone of the plan
                     */
                    at: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    /** @description Path of what was made */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Subscription"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    listGroups: {
        parameters: {
            query?: {
                /** @description Most items on the page. */
                limit?: number;
                /** @description `nextCursor` of the page before, as it came; leave out for the first page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Group"][];
                        /** @description Hand it back as `cursor` for the next page; null = last page. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    createGroup: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text of your own, e.g. a UUID. The operation runs once; the same request again within 24 hours gets the same answer, with `idempotency-replayed: true`. 409 `still_running` while the first runs, 409 `outcome_unknown` if it failed (5xx) or its process died, 422 for another request under the same key. A refused request leaves the key free. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "code": "family-sato",
                 *       "name": "Sato family",
                 *       "pool": {
                 *         "kind": "sum"
                 *       }
                 *     }
                 */
                "application/json": {
                    /** @description Natural key of a group */
                    code: string;
                    name: string;
                    /** @description sum: the quotas of the SIMs in it together. fixed: this much in a period, in place of them. */
                    pool: {
                        /** @constant */
                        kind: "sum";
                    } | {
                        /** @constant */
                        kind: "fixed";
                        quota: components["schemas"]["Quantity"];
                    };
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    /** @description Path of what was made */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Group"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    getGroup: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Natural key of a plan */
                groupCode: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Group"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    listGroupMembers: {
        parameters: {
            query?: {
                /** @description Natural key of a plan */
                groupCode?: string;
                /** @description The operator's id of the SIM. */
                simId?: string;
                /** @description Most items on the page. */
                limit?: number;
                /** @description `nextCursor` of the page before, as it came; leave out for the first page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["GroupMember"][];
                        /** @description Hand it back as `cursor` for the next page; null = last page. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    addGroupMember: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text of your own, e.g. a UUID. The operation runs once; the same request again within 24 hours gets the same answer, with `idempotency-replayed: true`. 409 `still_running` while the first runs, 409 `outcome_unknown` if it failed (5xx) or its process died, 422 for another request under the same key. A refused request leaves the key free. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of the resource as you read it: the change is refused (412) if it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description Natural key of a plan */
                groupCode: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "simId": "sim-0001",
                 *       "from": "2026-10-01T00:00:00+09:00"
                 *     }
                 */
                "application/json": {
                    /** @description The operator's id of the SIM */
                    simId: string;
                    /**
                     * Format: date-time
                     * @description ISO 8601 with offset: a whole hour of UTC, or the start of a day in the time zone of the plan
                     */
                    from: string;
                    /** @description Exclusive; null = until further notice */
                    to?: string | null;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    /** @description Of this representation */
                    ETag?: string;
                    /** @description Path of what was made */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GroupMember"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    getGroupMember: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the resource as you have it: the answer is 304 without a body if it is still that. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                memberId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    /** @description Of this representation */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GroupMember"];
                };
            };
            /** @description Unchanged */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    withdrawGroupMember: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the resource as you read it: the change is refused (412) if it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                memberId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    endGroupMember: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the resource as you read it: the change is refused (412) if it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                memberId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "to": "2026-11-01T00:00:00+09:00"
                 *     }
                 */
                "application/json": {
                    /** @description End, exclusive; null = until further notice */
                    to: string | null;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    /** @description Of this representation */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GroupMember"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    listPacks: {
        parameters: {
            query?: {
                /** @description The operator's id of the SIM. */
                simId?: string;
                /** @description Most items on the page. */
                limit?: number;
                /** @description `nextCursor` of the page before, as it came; leave out for the first page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["BoughtPack"][];
                        /** @description Hand it back as `cursor` for the next page; null = last page. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    buyPack: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text of your own, e.g. a UUID. The operation runs once; the same request again within 24 hours gets the same answer, with `idempotency-replayed: true`. 409 `still_running` while the first runs, 409 `outcome_unknown` if it failed (5xx) or its process died, 422 for another request under the same key. A refused request leaves the key free. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "simId": "sim-0001",
                 *       "pack": "plus-1gb",
                 *       "at": "2026-10-10T12:00:00+09:00"
                 *     }
                 */
                "application/json": {
                    /** @description The operator's id of the SIM */
                    simId: string;
                    /** @description Id of a pack that the SIM’s plan offers */
                    pack: string;
                    /**
                     * Format: date-time
                     * @description When it is bought; left out: now
                     */
                    at?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    /** @description Path of what was made */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BoughtPack"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    getPack: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                packId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BoughtPack"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    withdrawPack: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                packId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    listUsage: {
        parameters: {
            query: {
                /** @description Start, inclusive. */
                from: string;
                /** @description End, exclusive. */
                to: string;
                /** @description The operator's id of the SIM. */
                simId?: string;
                /** @description Natural key of a service, e.g. `line-calls` */
                serviceCode?: string;
                evidence?: "none" | "prefix" | "dns" | "sni" | "quic_sni" | "http_host" | "sni_unverified";
                /** @description The name seen, exactly. */
                name?: string;
                /** @description Count only this direction: the octets and packets of the other are 0. */
                direction?: "up" | "down";
                resolution?: "hour" | "day" | "month";
                /** @description IANA zone of days and months: an hour is of the day that it begins in there. Hours are UTC hours in every zone. */
                timeZone?: string;
                /** @description Most items on the page. */
                limit?: number;
                /** @description `nextCursor` of the page before, as it came; leave out for the first page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UsagePage"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    getFraudReport: {
        parameters: {
            query: {
                /** @description Start, inclusive. */
                from: string;
                /** @description End, exclusive. */
                to: string;
                kind?: "failed_claim" | "foreign_dns" | "unusual_volume";
                /** @description The operator's id of the SIM. */
                simId?: string;
                /** @description A volume is unusual from this many times the median of the service’s SIMs. */
                factor?: number;
                /** @description …of services that at least so many SIMs use in the span. */
                leastSims?: number;
                /** @description Findings of fewer octets are left out. */
                leastOctets?: number;
                /** @description Most items on the page. */
                limit?: number;
                /** @description `nextCursor` of the page before, as it came; leave out for the first page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["FraudItem"][];
                        /** @description Hand it back as `cursor` for the next page; null = last page. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    dryRunService: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text of your own, e.g. a UUID. The operation runs once; the same request again within 24 hours gets the same answer, with `idempotency-replayed: true`. 409 `still_running` while the first runs, 409 `outcome_unknown` if it failed (5xx) or its process died, 422 for another request under the same key. A refused request leaves the key free. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description Natural key of a service, e.g. `line-calls` */
                serviceCode: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "from": "2026-10-01T00:00:00Z",
                 *       "to": "2026-10-08T00:00:00Z",
                 *       "rules": {
                 *         "domainNames": [
                 *           "music.example.com"
                 *         ]
                 *       }
                 *     }
                 */
                "application/json": {
                    /**
                     * Format: date-time
                     * @description Start, inclusive.
                     */
                    from: string;
                    /**
                     * Format: date-time
                     * @description End, exclusive.
                     */
                    to: string;
                    /**
                     * @description agree: a claimed name needs an address that agrees; name: the name is enough; prefix: names are ignored
                     * @default agree
                     * @enum {string}
                     */
                    policy?: "agree" | "name" | "prefix";
                    /** @description What a service version matches */
                    rules: {
                        domainNames?: string[];
                        /** @description These names alone, without what lies below them */
                        exactDomainNames?: string[];
                        /** @description Not this service although a name above covers them */
                        excludeDomainNames?: string[];
                        prefixes?: {
                            /** @description CIDR prefix of destinations, e.g. `147.92.128.0/17` */
                            prefix: string;
                            /** @description IPFIX protocolIdentifier: 6 TCP, 17 UDP */
                            protocol?: number;
                            /** @description First and last peer port, inclusive */
                            ports?: [
                                number,
                                number
                            ];
                        }[];
                    };
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DryRunResult"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    explainUsage: {
        parameters: {
            query: {
                /** @description Start, inclusive. */
                from: string;
                /** @description End, exclusive. */
                to: string;
                /** @description Natural key of a service, e.g. `line-calls` */
                serviceCode?: string;
                evidence?: "none" | "prefix" | "dns" | "sni" | "quic_sni" | "http_host" | "sni_unverified";
                /** @description The name seen, exactly. */
                name?: string;
                /** @description Count only this direction: the octets and packets of the other are 0. */
                direction?: "up" | "down";
                /** @description As the `explanation` of an item of usage names it. */
                reason?: number;
                /** @description Most items on the page. */
                limit?: number;
                /** @description `nextCursor` of the page before, as it came; leave out for the first page. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description The operator's id of the SIM. */
                simId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UsageExplanations"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    listThresholds: {
        parameters: {
            query?: {
                /** @description The operator's id of the SIM. */
                simId?: string;
                /** @description Month in which the period starts, in the zone of the plan */
                month?: string;
                /** @description Most items on the page. */
                limit?: number;
                /** @description `nextCursor` of the page before, as it came; leave out for the first page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["UsageThreshold"][];
                        /** @description Hand it back as `cursor` for the next page; null = last page. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    getConservation: {
        parameters: {
            query: {
                /** @description Start, inclusive. */
                from: string;
                /** @description End, exclusive. */
                to: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Conservation"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    listSuspense: {
        parameters: {
            query: {
                /** @description Start, inclusive. */
                from: string;
                /** @description End, exclusive. */
                to: string;
                /** @description Most items on the page. */
                limit?: number;
                /** @description `nextCursor` of the page before, as it came; leave out for the first page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["SuspenseItem"][];
                        /** @description Hand it back as `cursor` for the next page; null = last page. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    listStatements: {
        parameters: {
            query?: {
                /** @description Month in which the period starts, in the zone of the plan */
                month?: string;
                /** @description The operator's id of the SIM. */
                simId?: string;
                /** @description Most items on the page. */
                limit?: number;
                /** @description `nextCursor` of the page before, as it came; leave out for the first page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["StatementSummary"][];
                        /** @description Hand it back as `cursor` for the next page; null = last page. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    getStatement: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the resource as you have it: the answer is 304 without a body if it is still that. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                number: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    /** @description Of this representation */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Statement"];
                    "text/csv": string;
                    "application/pdf": string;
                };
            };
            /** @description Unchanged */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            406: components["responses"]["Problem406"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    getStatementCsv: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                number: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    getStatementPdf: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                number: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/pdf": string;
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    listStatementDrafts: {
        parameters: {
            query: {
                /** @description Month in which the period starts, in the zone of the plan */
                month: string;
                /** @description The operator's id of the SIM. */
                simId?: string;
                /** @description Most items on the page. */
                limit?: number;
                /** @description `nextCursor` of the page before, as it came; leave out for the first page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Statement"][];
                        /** @description Hand it back as `cursor` for the next page; null = last page. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    checkStatementChain: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The operator's id of the SIM. */
                simId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatementChain"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    listCorrections: {
        parameters: {
            query?: {
                /** @description Month in which the period starts, in the zone of the plan */
                month?: string;
                /** @description The operator's id of the SIM. */
                simId?: string;
                statement?: number;
                /** @description Those that a statement has settled, or those that are still open. */
                settled?: "true" | "false";
                /** @description Most items on the page. */
                limit?: number;
                /** @description `nextCursor` of the page before, as it came; leave out for the first page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Correction"][];
                        /** @description Hand it back as `cursor` for the next page; null = last page. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    getCorrection: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                correctionId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CorrectionDocument"];
                    "application/pdf": string;
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            406: components["responses"]["Problem406"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    correctPeriod: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text of your own, e.g. a UUID. The operation runs once; the same request again within 24 hours gets the same answer, with `idempotency-replayed: true`. 409 `still_running` while the first runs, 409 `outcome_unknown` if it failed (5xx) or its process died, 422 for another request under the same key. A refused request leaves the key free. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description Month in which the period starts, in the zone of the plan */
                month: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CorrectionOrder"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    listSimulations: {
        parameters: {
            query?: {
                /** @description Month in which the period starts, in the zone of the plan */
                month?: string;
                /** @description Natural key of a plan */
                planCode?: string;
                /** @description Most items on the page. */
                limit?: number;
                /** @description `nextCursor` of the page before, as it came; leave out for the first page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["SimulationSummary"][];
                        /** @description Hand it back as `cursor` for the next page; null = last page. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    startSimulation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text of your own, e.g. a UUID. The operation runs once; the same request again within 24 hours gets the same answer, with `idempotency-replayed: true`. 409 `still_running` while the first runs, 409 `outcome_unknown` if it failed (5xx) or its process died, 422 for another request under the same key. A refused request leaves the key free. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "month": "2026-10",
                 *       "planCode": "light-3gb",
                 *       "terms": {
                 *         "currency": {
                 *           "code": "JPY",
                 *           "exponent": 0
                 *         },
                 *         "timeZone": "Asia/Tokyo",
                 *         "rounding": "half_up",
                 *         "tax": {
                 *           "treatment": "exclusive",
                 *           "rates": [
                 *             {
                 *               "percent": "10"
                 *             }
                 *           ]
                 *         },
                 *         "baseFee": {
                 *           "amount": "1280",
                 *           "proration": "by_day"
                 *         },
                 *         "quota": {
                 *           "included": {
                 *             "value": "3",
                 *             "unit": "GB"
                 *           },
                 *           "proration": "by_day"
                 *         },
                 *         "overage": {
                 *           "kind": "none"
                 *         },
                 *         "free": [
                 *           {
                 *             "id": "video",
                 *             "services": [
                 *               "video-drafted"
                 *             ]
                 *           }
                 *         ]
                 *       },
                 *       "services": [
                 *         {
                 *           "serviceCode": "video-drafted",
                 *           "policy": "name",
                 *           "rules": {
                 *             "domainNames": [
                 *               "video.example.com",
                 *               "videocdn.example.net"
                 *             ]
                 *           }
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": {
                    /** @description Month in which the period starts, in the zone of the plan */
                    month: string;
                    /** @description Plan whose SIMs are rated, and whose terms draft terms stand in for */
                    planCode: string;
                    /** @description Draft terms, in every version; currency, time zone and anchor day are those of the plan, as they fix the period. Left out: the terms that were in force */
                    terms?: components["schemas"]["PlanTermsInput"];
                    /** @description Draft catalogue: rules of services, in place of those in force now, or of services that would be new. Left out: what was recognised stands */
                    services?: components["schemas"]["DraftService"][];
                };
            };
        };
        responses: {
            /** @description Done */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Simulation"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    getSimulation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                simulationId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Simulation"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    deleteSimulation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                simulationId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    listSimulationResults: {
        parameters: {
            query?: {
                /** @description Most items on the page. */
                limit?: number;
                /** @description `nextCursor` of the page before, as it came; leave out for the first page. */
                cursor?: string;
            };
            header?: never;
            path: {
                simulationId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["SimulationResult"][];
                        /** @description Hand it back as `cursor` for the next page; null = last page. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    getSponsorSettlements: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Month in which the period starts, in the zone of the plan */
                month: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SponsorSettlements"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    getSponsorSettlementsCsv: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Month in which the period starts, in the zone of the plan */
                month: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    getPeriod: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Month in which the period starts, in the zone of the plan */
                month: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Period"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    closePeriod: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text of your own, e.g. a UUID. The operation runs once; the same request again within 24 hours gets the same answer, with `idempotency-replayed: true`. 409 `still_running` while the first runs, 409 `outcome_unknown` if it failed (5xx) or its process died, 422 for another request under the same key. A refused request leaves the key free. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description Month in which the period starts, in the zone of the plan */
                month: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "force": false
                 *     }
                 */
                "application/json": {
                    /**
                     * @description Close although the period or its grace time is not over; usage that comes later is not on the statement
                     * @default false
                     */
                    force?: boolean;
                    /** @description Close although the total is further from the period before than the brake allows */
                    confirm?: boolean;
                    /**
                     * Format: date-time
                     * @description Date of the statements; left out: now
                     */
                    asOf?: string;
                };
            };
        };
        responses: {
            /** @description Done */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Period"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    listLateUsage: {
        parameters: {
            query?: {
                /** @description Most items on the page. */
                limit?: number;
                /** @description `nextCursor` of the page before, as it came; leave out for the first page. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description Month in which the period starts, in the zone of the plan */
                month: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["LateUsage"][];
                        /** @description Hand it back as `cursor` for the next page; null = last page. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    exportStatements: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Month in which the period starts, in the zone of the plan */
                month: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/gzip": string;
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    exportCdrs: {
        parameters: {
            query?: {
                format?: "ndjson" | "csv";
                /** @description corrections: instead of this month’s, the records of earlier statements whose corrections this month’s statements settle, as they are now. Each takes the place of the record with its `localRecordSequenceNumber`. */
                records?: "statements" | "corrections";
                /** @description Rating group for octets of no service; one that no service has. */
                otherRatingGroup?: number;
            };
            header?: never;
            path: {
                /** @description Month in which the period starts, in the zone of the plan */
                month: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/gzip": string;
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    listUsageWithoutPlan: {
        parameters: {
            query: {
                /** @description Start, inclusive. */
                from: string;
                /** @description End, exclusive. */
                to: string;
                /** @description Most items on the page. */
                limit?: number;
                /** @description `nextCursor` of the page before, as it came; leave out for the first page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["UsageWithoutPlan"][];
                        /** @description Hand it back as `cursor` for the next page; null = last page. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    listWebhookEndpoints: {
        parameters: {
            query?: {
                /** @description Most items on the page. */
                limit?: number;
                /** @description `nextCursor` of the page before, as it came; leave out for the first page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["WebhookEndpoint"][];
                        /** @description Hand it back as `cursor` for the next page; null = last page. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    createWebhookEndpoint: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text of your own, e.g. a UUID. The operation runs once; the same request again within 24 hours gets the same answer, with `idempotency-replayed: true`. 409 `still_running` while the first runs, 409 `outcome_unknown` if it failed (5xx) or its process died, 422 for another request under the same key. A refused request leaves the key free. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The ETag of the resource as you read it: the change is refused (412) if it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "url": "https://billing.example.com/countfree",
                 *       "eventTypes": [
                 *         "statement.finalized"
                 *       ]
                 *     }
                 */
                "application/json": {
                    /**
                     * @description Where events are sent by POST. https, to a public address.
                     * @example https://billing.example.com/countfree
                     */
                    url: string;
                    /** @default  */
                    description?: string;
                    /** @description Event types that are sent; empty = all. */
                    eventTypes?: ("usage.threshold_reached" | "usage.cap_exceeded" | "statement.drafted" | "statement.finalized" | "statement.corrected" | "subscription.changed" | "sim.suspense_bound" | "capture.degraded" | "reconciliation.deviated" | "fraud.suspected")[];
                    /**
                     * @description `sim`: an event waits until the earlier ones of its SIM are delivered or given up. `none`: as fast as can be; order by `sequence`.
                     * @default sim
                     * @enum {string}
                     */
                    ordering?: "sim" | "none";
                    /**
                     * @description Standard Webhooks 1.0: `v1` HMAC-SHA256 with a shared secret, `v1a` ed25519 with a public key.
                     * @default v1
                     * @enum {string}
                     */
                    signature?: "v1" | "v1a";
                    /** @default true */
                    enabled?: boolean;
                };
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    /** @description Of this representation */
                    ETag?: string;
                    /** @description Path of what was made */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEndpointWithSecret"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    getWebhookEndpoint: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the resource as you have it: the answer is 304 without a body if it is still that. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                endpointId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    /** @description Of this representation */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEndpoint"];
                };
            };
            /** @description Unchanged */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    deleteWebhookEndpoint: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the resource as you read it: the change is refused (412) if it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                endpointId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    updateWebhookEndpoint: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the resource as you read it: the change is refused (412) if it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                endpointId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "enabled": false
                 *     }
                 */
                "application/json": {
                    /**
                     * @description Where events are sent by POST. https, to a public address.
                     * @example https://billing.example.com/countfree
                     */
                    url?: string;
                    description?: string;
                    /** @description Event types that are sent; empty = all. */
                    eventTypes?: ("usage.threshold_reached" | "usage.cap_exceeded" | "statement.drafted" | "statement.finalized" | "statement.corrected" | "subscription.changed" | "sim.suspense_bound" | "capture.degraded" | "reconciliation.deviated" | "fraud.suspected")[];
                    /**
                     * @description `sim`: an event waits until the earlier ones of its SIM are delivered or given up. `none`: as fast as can be; order by `sequence`.
                     * @enum {string}
                     */
                    ordering?: "sim" | "none";
                    enabled?: boolean;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    /** @description Of this representation */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEndpoint"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    rotateWebhookSecret: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text of your own, e.g. a UUID. The operation runs once; the same request again within 24 hours gets the same answer, with `idempotency-replayed: true`. 409 `still_running` while the first runs, 409 `outcome_unknown` if it failed (5xx) or its process died, 422 for another request under the same key. A refused request leaves the key free. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                endpointId: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "overlapSeconds": 86400
                 *     }
                 */
                "application/json": {
                    /**
                     * @description How long messages are signed with the old secret too.
                     * @default 86400
                     */
                    overlapSeconds?: number;
                };
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEndpointWithSecret"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    sendTestEvent: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text of your own, e.g. a UUID. The operation runs once; the same request again within 24 hours gets the same answer, with `idempotency-replayed: true`. 409 `still_running` while the first runs, 409 `outcome_unknown` if it failed (5xx) or its process died, 422 for another request under the same key. A refused request leaves the key free. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                endpointId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TestEvent"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    listDeliveries: {
        parameters: {
            query?: {
                /** @description Most items on the page. */
                limit?: number;
                /** @description `nextCursor` of the page before, as it came; leave out for the first page. */
                cursor?: string;
                endpointId?: string;
                status?: "pending" | "delivered" | "dead";
                eventType?: string;
                simId?: string;
                /** @description ISO 8601 with offset */
                from?: string;
                /** @description ISO 8601 with offset */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Delivery"][];
                        /** @description Hand it back as `cursor` for the next page; null = last page. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    getDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                deliveryId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryWithPayload"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    listDeliveryAttempts: {
        parameters: {
            query?: {
                /** @description Most items on the page. */
                limit?: number;
                /** @description `nextCursor` of the page before, as it came; leave out for the first page. */
                cursor?: string;
            };
            header?: never;
            path: {
                deliveryId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["DeliveryAttempt"][];
                        /** @description Hand it back as `cursor` for the next page; null = last page. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    replayDeliveries: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text of your own, e.g. a UUID. The operation runs once; the same request again within 24 hours gets the same answer, with `idempotency-replayed: true`. 409 `still_running` while the first runs, 409 `outcome_unknown` if it failed (5xx) or its process died, 422 for another request under the same key. A refused request leaves the key free. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "from": "2026-10-01T00:00:00Z",
                 *       "to": "2026-11-01T00:00:00Z",
                 *       "status": "dead"
                 *     }
                 */
                "application/json": {
                    deliveryIds?: string[];
                    /** Format: uuid */
                    endpointId?: string;
                    /**
                     * Format: date-time
                     * @description ISO 8601 with offset
                     */
                    from?: string;
                    /**
                     * Format: date-time
                     * @description ISO 8601 with offset
                     */
                    to?: string;
                    /**
                     * @description Which deliveries are sent again. `pending`: those that wait for their next try are tried now. Named ones are in any case.
                     * @default dead
                     * @enum {string}
                     */
                    status?: "dead" | "delivered" | "pending" | "any";
                    /**
                     * @description Also send events that were never meant for the endpoint: from before it was made, or while it was disabled. Needs endpointId and from.
                     * @default false
                     */
                    includeMissing?: boolean;
                };
            };
        };
        responses: {
            /** @description Done */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replay"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    getCapture: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Capture"];
                };
            };
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    listApiKeys: {
        parameters: {
            query?: {
                /** @description Most items on the page. */
                limit?: number;
                /** @description `nextCursor` of the page before, as it came; leave out for the first page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["ApiKey"][];
                        /** @description Hand it back as `cursor` for the next page; null = last page. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    createApiKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text of your own, e.g. a UUID. The operation runs once; the same request again within 24 hours gets the same answer, with `idempotency-replayed: true`. 409 `still_running` while the first runs, 409 `outcome_unknown` if it failed (5xx) or its process died, 422 for another request under the same key. A refused request leaves the key free. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "billing system",
                 *       "scopes": [
                 *         "billing",
                 *         "usage-read"
                 *       ],
                 *       "expiresAt": null
                 *     }
                 */
                "application/json": components["schemas"]["ApiKeyInput"];
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    /** @description Path of what was made */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewApiKey"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    rotateApiKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text of your own, e.g. a UUID. The operation runs once; the same request again within 24 hours gets the same answer, with `idempotency-replayed: true`. 409 `still_running` while the first runs, 409 `outcome_unknown` if it failed (5xx) or its process died, 422 for another request under the same key. A refused request leaves the key free. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                keyId: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "overlapSeconds": 86400
                 *     }
                 */
                "application/json": components["schemas"]["ApiKeyRotation"];
            };
        };
        responses: {
            /** @description Done */
            201: {
                headers: {
                    /** @description Path of what was made */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewApiKey"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            413: components["responses"]["Problem413"];
            415: components["responses"]["Problem415"];
            422: components["responses"]["Problem422"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    getApiKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the resource as you have it: the answer is 304 without a body if it is still that. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                keyId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    /** @description Of this representation */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKey"];
                };
            };
            /** @description Unchanged */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    revokeApiKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of the resource as you read it: the change is refused (412) if it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                keyId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    /** @description Of this representation */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKey"];
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            409: components["responses"]["Problem409"];
            412: components["responses"]["Problem412"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    listAuditLog: {
        parameters: {
            query?: {
                keyId?: string;
                /** @description A path, or with a / at its end everything below it. */
                path?: string;
                /** @description ISO 8601 with offset */
                from?: string;
                /** @description ISO 8601 with offset */
                to?: string;
                /** @description Most items on the page. */
                limit?: number;
                /** @description `nextCursor` of the page before, as it came; leave out for the first page. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["AuditEntry"][];
                        /** @description Hand it back as `cursor` for the next page; null = last page. */
                        nextCursor: string | null;
                    };
                };
            };
            400: components["responses"]["Problem400"];
            401: components["responses"]["Problem401"];
            403: components["responses"]["Problem403"];
            404: components["responses"]["Problem404"];
            429: components["responses"]["Problem429"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "ok";
                    };
                };
            };
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            500: components["responses"]["Problem500"];
            /** @description Not ready */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    getOpenApi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": string;
                };
            };
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    getDocs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    getDocsAsset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                file: "start.js" | "swagger-ui.css" | "swagger-ui-bundle.js" | "favicon-32x32.png";
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/javascript": string;
                    "text/css": string;
                    "image/png": string;
                };
            };
            400: components["responses"]["Problem400"];
            404: components["responses"]["Problem404"];
            500: components["responses"]["Problem500"];
            503: components["responses"]["Problem503"];
        };
    };
    onStatementDrafted: {
        parameters: {
            query?: never;
            header: {
                /** @description The same for every try of one event */
                "webhook-id": string;
                /** @description UNIX seconds of this try */
                "webhook-timestamp": string;
                /** @description Space-separated signatures over id, timestamp and exact body: `v1,…` (HMAC-SHA256) or `v1a,…` (Ed25519) */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "statement.drafted",
                 *       "timestamp": "2026-10-31T15:10:00.000Z",
                 *       "simId": "sim-0001",
                 *       "sequence": 7,
                 *       "data": {
                 *         "month": "2026-10",
                 *         "from": "2026-09-30T15:00:00.000Z",
                 *         "to": "2026-10-31T15:00:00.000Z",
                 *         "freeOctets": "58956",
                 *         "billedOctets": "4000000000",
                 *         "currency": "JPY",
                 *         "amount": "1320",
                 *         "closesAt": "2026-11-02T15:00:00.000Z",
                 *         "url": "/v1/statement-drafts?month=2026-10&simId=sim-0001"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["StatementDrafted"];
            };
        };
        responses: {
            /** @description The endpoint wants no more events: it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Taken. Any other answer is tried again later. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onStatementFinalized: {
        parameters: {
            query?: never;
            header: {
                /** @description The same for every try of one event */
                "webhook-id": string;
                /** @description UNIX seconds of this try */
                "webhook-timestamp": string;
                /** @description Space-separated signatures over id, timestamp and exact body: `v1,…` (HMAC-SHA256) or `v1a,…` (Ed25519) */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "statement.finalized",
                 *       "timestamp": "2026-11-02T15:10:00.000Z",
                 *       "simId": "sim-0001",
                 *       "sequence": 7,
                 *       "data": {
                 *         "number": 1234,
                 *         "month": "2026-10",
                 *         "from": "2026-09-30T15:00:00.000Z",
                 *         "to": "2026-10-31T15:00:00.000Z",
                 *         "freeOctets": "58956",
                 *         "billedOctets": "4000000000",
                 *         "currency": "JPY",
                 *         "amount": "1320",
                 *         "hash": "2503d7c03c39960cb2318739ae6ce10670c04034ad451526952e17c874ece182",
                 *         "url": "/v1/statements/1234"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["StatementFinalized"];
            };
        };
        responses: {
            /** @description The endpoint wants no more events: it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Taken. Any other answer is tried again later. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onStatementCorrected: {
        parameters: {
            query?: never;
            header: {
                /** @description The same for every try of one event */
                "webhook-id": string;
                /** @description UNIX seconds of this try */
                "webhook-timestamp": string;
                /** @description Space-separated signatures over id, timestamp and exact body: `v1,…` (HMAC-SHA256) or `v1a,…` (Ed25519) */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "statement.corrected",
                 *       "timestamp": "2026-11-20T00:00:00.000Z",
                 *       "simId": "sim-0001",
                 *       "sequence": 7,
                 *       "data": {
                 *         "id": "17",
                 *         "statement": 1234,
                 *         "position": 1,
                 *         "month": "2026-10",
                 *         "direction": "credit",
                 *         "amount": "-242",
                 *         "hash": "899d6273cca2dca2ce7957536f8dc9e88349927da301b7d326eb39343c48d814",
                 *         "url": "/v1/corrections/17"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["StatementCorrected"];
            };
        };
        responses: {
            /** @description The endpoint wants no more events: it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Taken. Any other answer is tried again later. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onUsageThresholdReached: {
        parameters: {
            query?: never;
            header: {
                /** @description The same for every try of one event */
                "webhook-id": string;
                /** @description UNIX seconds of this try */
                "webhook-timestamp": string;
                /** @description Space-separated signatures over id, timestamp and exact body: `v1,…` (HMAC-SHA256) or `v1a,…` (Ed25519) */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "usage.threshold_reached",
                 *       "timestamp": "2026-10-20T03:00:01.000Z",
                 *       "simId": "sim-0001",
                 *       "sequence": 7,
                 *       "data": {
                 *         "kind": "quota",
                 *         "planCode": "light-3gb",
                 *         "planVersion": 1,
                 *         "rule": "/quota",
                 *         "window": "2026-09-30T15:00:00.000Z",
                 *         "threshold": "80%",
                 *         "limit": "3000000000",
                 *         "used": "2400001337",
                 *         "month": "2026-10",
                 *         "from": "2026-09-30T15:00:00.000Z",
                 *         "to": "2026-10-31T15:00:00.000Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["UsageThresholdReached"];
            };
        };
        responses: {
            /** @description The endpoint wants no more events: it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Taken. Any other answer is tried again later. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onUsageCapExceeded: {
        parameters: {
            query?: never;
            header: {
                /** @description The same for every try of one event */
                "webhook-id": string;
                /** @description UNIX seconds of this try */
                "webhook-timestamp": string;
                /** @description Space-separated signatures over id, timestamp and exact body: `v1,…` (HMAC-SHA256) or `v1a,…` (Ed25519) */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "usage.cap_exceeded",
                 *       "timestamp": "2026-10-21T03:00:01.000Z",
                 *       "simId": "sim-0001",
                 *       "sequence": 7,
                 *       "data": {
                 *         "kind": "cap",
                 *         "planCode": "light-3gb",
                 *         "planVersion": 1,
                 *         "rule": "/free/0/cap",
                 *         "window": "2026-09-30T15:00:00.000Z",
                 *         "threshold": "exceeded",
                 *         "limit": "10000000000",
                 *         "used": "10000000400",
                 *         "month": "2026-10",
                 *         "from": "2026-09-30T15:00:00.000Z",
                 *         "to": "2026-10-31T15:00:00.000Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["UsageCapExceeded"];
            };
        };
        responses: {
            /** @description The endpoint wants no more events: it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Taken. Any other answer is tried again later. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onSubscriptionChanged: {
        parameters: {
            query?: never;
            header: {
                /** @description The same for every try of one event */
                "webhook-id": string;
                /** @description UNIX seconds of this try */
                "webhook-timestamp": string;
                /** @description Space-separated signatures over id, timestamp and exact body: `v1,…` (HMAC-SHA256) or `v1a,…` (Ed25519) */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "subscription.changed",
                 *       "timestamp": "2026-10-01T00:00:00.000Z",
                 *       "simId": "sim-0001",
                 *       "sequence": 7,
                 *       "data": {
                 *         "change": "started",
                 *         "subscription": {
                 *           "id": "1",
                 *           "simId": "sim-0001",
                 *           "planCode": "light-3gb",
                 *           "planVersion": null,
                 *           "from": "2026-09-30T15:00:00.000Z",
                 *           "to": null,
                 *           "version": 1,
                 *           "createdAt": "2026-10-01T00:00:00.000Z",
                 *           "updatedAt": "2026-10-01T00:00:00.000Z"
                 *         }
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["SubscriptionChanged"];
            };
        };
        responses: {
            /** @description The endpoint wants no more events: it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Taken. Any other answer is tried again later. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onCaptureDegraded: {
        parameters: {
            query?: never;
            header: {
                /** @description The same for every try of one event */
                "webhook-id": string;
                /** @description UNIX seconds of this try */
                "webhook-timestamp": string;
                /** @description Space-separated signatures over id, timestamp and exact body: `v1,…` (HMAC-SHA256) or `v1a,…` (Ed25519) */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "capture.degraded",
                 *       "timestamp": "2026-10-05T04:05:00.000Z",
                 *       "data": {
                 *         "node": "tokyo-1",
                 *         "point": "ens6",
                 *         "warning": "quiet",
                 *         "since": "2026-10-05T04:05:00.000Z",
                 *         "detail": "no packet of a subscriber for 5 minutes: is the mirror still on?"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["CaptureDegraded"];
            };
        };
        responses: {
            /** @description The endpoint wants no more events: it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Taken. Any other answer is tried again later. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onReconciliationDeviated: {
        parameters: {
            query?: never;
            header: {
                /** @description The same for every try of one event */
                "webhook-id": string;
                /** @description UNIX seconds of this try */
                "webhook-timestamp": string;
                /** @description Space-separated signatures over id, timestamp and exact body: `v1,…` (HMAC-SHA256) or `v1a,…` (Ed25519) */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "reconciliation.deviated",
                 *       "timestamp": "2026-10-06T02:00:00.000Z",
                 *       "data": {
                 *         "account": "main",
                 *         "from": "2026-10-05",
                 *         "to": "2026-10-06",
                 *         "simDays": 1,
                 *         "worst": [
                 *           {
                 *             "simId": "sim-0001",
                 *             "day": "2026-10-05",
                 *             "mirrorOctets": "0",
                 *             "waitingOctets": "0",
                 *             "soracomOctets": "1048576",
                 *             "ratio": "0.0000",
                 *             "outside": true
                 *           }
                 *         ],
                 *         "url": "/v1/reconciliations?account=main&outside=true&from=2026-10-05&to=2026-10-06"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["ReconciliationDeviated"];
            };
        };
        responses: {
            /** @description The endpoint wants no more events: it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Taken. Any other answer is tried again later. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onFraudSuspected: {
        parameters: {
            query?: never;
            header: {
                /** @description The same for every try of one event */
                "webhook-id": string;
                /** @description UNIX seconds of this try */
                "webhook-timestamp": string;
                /** @description Space-separated signatures over id, timestamp and exact body: `v1,…` (HMAC-SHA256) or `v1a,…` (Ed25519) */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "fraud.suspected",
                 *       "timestamp": "2026-10-06T02:00:00.000Z",
                 *       "simId": "sim-0001",
                 *       "sequence": 7,
                 *       "data": {
                 *         "day": "2026-10-05",
                 *         "kind": "failed_claim",
                 *         "serviceCode": "line",
                 *         "octetsUp": "1000000",
                 *         "octetsDown": "499000000",
                 *         "octets": "500000000",
                 *         "atStake": [
                 *           {
                 *             "currency": "JPY",
                 *             "amount": "550"
                 *           }
                 *         ],
                 *         "names": [
                 *           {
                 *             "name": "line.me",
                 *             "octets": "500000000"
                 *           }
                 *         ],
                 *         "grounds": [],
                 *         "usualOctets": null,
                 *         "distribution": null,
                 *         "url": "/v1/reports/fraud?from=2026-10-05T00:00:00.000Z&to=2026-10-06T00:00:00.000Z&simId=sim-0001"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["FraudSuspected"];
            };
        };
        responses: {
            /** @description The endpoint wants no more events: it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Taken. Any other answer is tried again later. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onSimSuspenseBound: {
        parameters: {
            query?: never;
            header: {
                /** @description The same for every try of one event */
                "webhook-id": string;
                /** @description UNIX seconds of this try */
                "webhook-timestamp": string;
                /** @description Space-separated signatures over id, timestamp and exact body: `v1,…` (HMAC-SHA256) or `v1a,…` (Ed25519) */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "sim.suspense_bound",
                 *       "timestamp": "2026-10-05T04:05:00.000Z",
                 *       "simId": "sim-0001",
                 *       "sequence": 7,
                 *       "data": {
                 *         "octetsUp": "1337",
                 *         "octetsDown": "57619",
                 *         "octets": "58956",
                 *         "firstHour": "2026-10-05T02:00:00.000Z",
                 *         "lastHour": "2026-10-05T03:00:00.000Z",
                 *         "rows": 2,
                 *         "url": "/v1/usage/sim-0001/explain?from=2026-10-05T02:00:00.000Z&to=2026-10-05T04:00:00.000Z"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["SuspenseBound"];
            };
        };
        responses: {
            /** @description The endpoint wants no more events: it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Taken. Any other answer is tried again later. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onWebhookTest: {
        parameters: {
            query?: never;
            header: {
                /** @description The same for every try of one event */
                "webhook-id": string;
                /** @description UNIX seconds of this try */
                "webhook-timestamp": string;
                /** @description Space-separated signatures over id, timestamp and exact body: `v1,…` (HMAC-SHA256) or `v1a,…` (Ed25519) */
                "webhook-signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "type": "webhook.test",
                 *       "timestamp": "2026-10-01T00:00:00.000Z",
                 *       "data": {
                 *         "endpointId": "0195f0a0-0000-7000-8000-000000000000",
                 *         "message": "This is a test of your endpoint; nothing has happened."
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["WebhookTest"];
            };
        };
        responses: {
            /** @description The endpoint wants no more events: it is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Taken. Any other answer is tried again later. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
}
