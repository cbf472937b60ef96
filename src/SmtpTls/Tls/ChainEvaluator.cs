using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SmtpTls.Tls;

/// <summary>Builds chains (RFC 5280 §6) and says what is wrong with them, element by element.</summary>
internal static class ChainEvaluator
{
    // id-kp-serverAuth (RFC 5280 §4.2.1.12).
    private const string ServerAuthenticationOid = "1.3.6.1.5.5.7.3.1";

    /// <summary>id-kp-clientAuth.</summary>
    internal const string ClientAuthenticationOid = "1.3.6.1.5.5.7.3.2";

    /// <summary>
    /// How chains are built here: the given roots, or the system's where none is given; no network but the connection
    /// itself (no AIA, no CRL, no OCSP); the injected clock; certificates for servers only, unless another purpose is named.
    /// </summary>
    internal static X509ChainPolicy CreatePolicy(X509Certificate2Collection trustedRoots, TimeProvider clock, string purpose = ServerAuthenticationOid)
    {
        ArgumentNullException.ThrowIfNull(trustedRoots);
        ArgumentNullException.ThrowIfNull(clock);
        var policy = new X509ChainPolicy
        {
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            VerificationTime = clock.GetUtcNow().UtcDateTime,
        };
        policy.ApplicationPolicy.Add(new Oid(purpose));
        if (trustedRoots.Count > 0)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(trustedRoots);
        }

        return policy;
    }

    /// <summary>Builds the chain of what was presented (the server's certificate first) and assesses it.</summary>
    internal static ChainAssessment Evaluate(
        IReadOnlyList<X509Certificate2> presented, X509Certificate2Collection trustedRoots, TimeProvider clock)
    {
        if (presented.Count == 0)
        {
            return ChainAssessment.Nothing;
        }

        using var chain = new X509Chain { ChainPolicy = CreatePolicy(trustedRoots, clock) };
        chain.ChainPolicy.ExtraStore.AddRange(presented.ToArray());
        _ = chain.Build(presented[0]);
        var assessment = Assess(chain, presented);
        foreach (var element in chain.ChainElements)
        {
            element.Certificate.Dispose();
        }

        return assessment;
    }

    /// <summary>Assesses a chain that has been built under <see cref="CreatePolicy"/>.</summary>
    internal static ChainAssessment Assess(X509Chain chain, IReadOnlyList<X509Certificate2> presented)
    {
        ArgumentNullException.ThrowIfNull(chain);
        var elements = chain.ChainElements;
        if (elements.Count == 0)
        {
            // Some platforms build nothing where building fails early; what is left is the chain's own status.
            var whole = chain.ChainStatus.Select(s => Fault(-1, "", s)).ToArray();
            return new ChainAssessment { Trusted = false, Faults = whole, Problems = [FindingCode.ChainInvalid] };
        }

        var faults = Faults(chain);
        var top = elements[^1].Certificate;
        var endsAtRoot = CertificateSignature.IsSelfSigned(top);
        return new ChainAssessment
        {
            Trusted = faults.Count == 0,
            Faults = faults,
            Problems = Problems(faults, elements.Count == 1 && endsAtRoot),
            MissingIssuer = endsAtRoot ? "" : top.Issuer,
            Root = endsAtRoot ? top.Subject : "",
            FoundLocally = FoundLocally(elements, presented),
        };
    }

    private static List<ChainFault> Faults(X509Chain chain)
    {
        var faults = new List<ChainFault>();
        for (var index = 0; index < chain.ChainElements.Count; index++)
        {
            var element = chain.ChainElements[index];
            faults.AddRange(element.ChainElementStatus
                .Where(s => s.Status != X509ChainStatusFlags.NoError)
                .Select(s => Fault(index, element.Certificate.Subject, s)));
        }

        // What no element owns up to belongs to the chain as a whole.
        faults.AddRange(chain.ChainStatus
            .Where(s => s.Status != X509ChainStatusFlags.NoError && faults.TrueForAll(f => f.Status != s.Status.ToString()))
            .Select(s => Fault(-1, "", s)));
        return faults;
    }

    private static ChainFault Fault(int index, string subject, X509ChainStatus status) =>
        new(index, subject, status.Status.ToString(), status.StatusInformation.Trim());

    private static List<FindingCode> Problems(List<ChainFault> faults, bool leafIsItsOwnIssuer)
    {
        var problems = new List<FindingCode>();
        foreach (var fault in faults.Where(f => f is not { ElementIndex: 0, Status: nameof(X509ChainStatusFlags.NotTimeValid) }))
        {
            var problem = fault.Status switch
            {
                nameof(X509ChainStatusFlags.UntrustedRoot) => leafIsItsOwnIssuer ? FindingCode.SelfSigned : FindingCode.UntrustedRoot,
                nameof(X509ChainStatusFlags.PartialChain) => FindingCode.ChainIncomplete,
                _ => FindingCode.ChainInvalid,
            };
            if (!problems.Contains(problem))
            {
                problems.Add(problem);
            }
        }

        problems.Sort();
        return problems;
    }

    // Building also looks among the given roots and into this user's stores. A server that forgot an intermediate which is
    // found there works from here and fails from elsewhere, so it is worth telling. A root need not be sent (RFC 8446 §4.4.2).
    private static List<string> FoundLocally(X509ChainElementCollection elements, IReadOnlyList<X509Certificate2> presented)
    {
        var found = new List<string>();
        for (var index = 1; index < elements.Count; index++)
        {
            var certificate = elements[index].Certificate;
            if (!presented.Any(p => p.RawDataMemory.Span.SequenceEqual(certificate.RawDataMemory.Span))
                && !CertificateSignature.IsSelfSigned(certificate))
            {
                found.Add(certificate.Subject);
            }
        }

        return found;
    }
}
