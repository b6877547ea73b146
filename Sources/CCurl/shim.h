// libcurl, with what Swift cannot import of it (functions with variable arguments), and the one thing that libcurl cannot
// do by itself: pin a certificate by the fingerprint that people read off the host's console.
#ifndef CCURL_SHIM_H
#define CCURL_SHIM_H

#include <curl/curl.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string.h>

// What is asked of the server's certificate, and what it was. Must outlive the handle.
typedef struct {
    int is_pinned;               // only the certificate with this fingerprint counts, whoever signed it
    unsigned char expected[32];  // SHA-256 of the certificate (DER)
    int was_seen;
    unsigned char seen[32];      // the same of the one that was shown last
} ccurl_certificate;

static inline CURLcode ccurl_global_init(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }

static inline CURLcode ccurl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode ccurl_set_text(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode ccurl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode ccurl_set_headers(CURL *handle, struct curl_slist *headers) {
    return curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
}

static inline CURLcode ccurl_set_receiver(
    CURL *handle, size_t (*function)(char *, size_t, size_t, void *), void *argument) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, function);
    return code ? code : curl_easy_setopt(handle, CURLOPT_WRITEDATA, argument);
}

// `function` is called about once a second; any value but 0 ends the transfer.
static inline CURLcode ccurl_set_progress(
    CURL *handle, int (*function)(void *, curl_off_t, curl_off_t, curl_off_t, curl_off_t), void *argument) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    if (!code) code = curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, function);
    return code ? code : curl_easy_setopt(handle, CURLOPT_XFERINFODATA, argument);
}

static inline long ccurl_status(CURL *handle) {
    long status = 0;
    return curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status) ? 0 : status;
}

// Nil where the answer had none; lives until the next transfer.
static inline const char *ccurl_content_type(CURL *handle) {
    char *type = NULL;
    return curl_easy_getinfo(handle, CURLINFO_CONTENT_TYPE, &type) ? NULL : type;
}

// In place of OpenSSL's own check, in every handshake and before anything is sent.
static inline int ccurl_verify(X509_STORE_CTX *store, void *argument) {
    ccurl_certificate *certificate = (ccurl_certificate *)argument;
    unsigned int length = 0;
    X509 *shown = X509_STORE_CTX_get0_cert(store);
    certificate->was_seen = shown && X509_digest(shown, EVP_sha256(), certificate->seen, &length) && length == 32;
    if (!certificate->is_pinned) return X509_verify_cert(store);
    int matches = certificate->was_seen && !memcmp(certificate->seen, certificate->expected, 32);
    X509_STORE_CTX_set_error(store, matches ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
    return matches;
}

static inline CURLcode ccurl_install_verify(CURL *handle, void *context, void *argument) {
    (void)handle;
    SSL_CTX_set_cert_verify_callback((SSL_CTX *)context, ccurl_verify, argument);
    return CURLE_OK;
}

// Fails where libcurl stands on another TLS library than OpenSSL.
static inline CURLcode ccurl_set_certificate(CURL *handle, ccurl_certificate *certificate) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
    if (!code) code = curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, certificate->is_pinned ? 0L : 2L);
    if (!code) code = curl_easy_setopt(handle, CURLOPT_SSL_CTX_FUNCTION, ccurl_install_verify);
    return code ? code : curl_easy_setopt(handle, CURLOPT_SSL_CTX_DATA, certificate);
}

#endif
