#pragma once

#include <nice/agent.h>

// GLib's property and signal calls are variadic or macros, which Swift cannot import: one function for each use.

typedef void (*cnice_state_callback)(NiceAgent *agent, guint stream, guint component, guint state, gpointer context);
typedef void (*cnice_stream_callback)(NiceAgent *agent, guint stream, gpointer context);

/// An agent of RFC 8445 for host candidates over UDP only: no UPnP, no TCP, no relays.
static inline NiceAgent *cnice_agent_new(GMainContext *context, gboolean controlling, gboolean consent) {
    NiceAgentOption options = NICE_AGENT_OPTION_REGULAR_NOMINATION;
    if (consent) options |= NICE_AGENT_OPTION_CONSENT_FRESHNESS;
    NiceAgent *agent = nice_agent_new_full(context, NICE_COMPATIBILITY_RFC5245, options);
    if (agent == NULL) return NULL;
    g_object_set(
        G_OBJECT(agent), "controlling-mode", controlling, "upnp", FALSE, "ice-tcp", FALSE, "ice-udp", TRUE, NULL);
    return agent;
}

static inline void cnice_on_component_state(NiceAgent *agent, cnice_state_callback callback, gpointer context) {
    g_signal_connect(G_OBJECT(agent), "component-state-changed", G_CALLBACK(callback), context);
}

static inline void cnice_on_gathering_done(NiceAgent *agent, cnice_stream_callback callback, gpointer context) {
    g_signal_connect(G_OBJECT(agent), "candidate-gathering-done", G_CALLBACK(callback), context);
}

/// A host candidate for `nice_agent_set_remote_candidates`; NULL when `address` is not numeric.
static inline NiceCandidate *cnice_host_candidate(
    const gchar *address, guint port, guint32 priority, guint stream, guint component, guint foundation) {
    NiceCandidate *candidate = nice_candidate_new(NICE_CANDIDATE_TYPE_HOST);
    if (candidate == NULL) return NULL;
    if (!nice_address_set_from_string(&candidate->addr, address)) {
        nice_candidate_free(candidate);
        return NULL;
    }
    nice_address_set_port(&candidate->addr, port);
    candidate->transport = NICE_CANDIDATE_TRANSPORT_UDP;
    candidate->priority = priority;
    candidate->stream_id = stream;
    candidate->component_id = component;
    g_snprintf(candidate->foundation, NICE_CANDIDATE_MAX_FOUNDATION, "%u", foundation);
    return candidate;
}

static inline void cnice_candidates_free(GSList *list) {
    g_slist_free_full(list, (GDestroyNotify)nice_candidate_free);
}

static inline void cnice_agent_unref(NiceAgent *agent) { g_object_unref(agent); }
