using System.Text;

namespace SmtpTls.Relay;

/// <summary>The folder <c>failed</c> of a pickup folder: files that could not be queued as they are, each with its reason beside it.</summary>
internal sealed class PickupFailures
{
    private readonly string _folder;
    private readonly TimeProvider _clock;

    /// <summary>Makes the folder where it does not exist, and sees that it can be written to.</summary>
    /// <exception cref="IOException">It cannot.</exception>
    public PickupFailures(string pickupFolder, TimeProvider clock)
    {
        _clock = clock;
        _folder = Directory.CreateDirectory(Path.Combine(pickupFolder, "failed")).FullName;
        var probe = Path.Combine(_folder, $".{Guid.NewGuid():N}.tmp");
        File.WriteAllBytes(probe, []);
        File.Delete(probe);
    }

    /// <summary>Puts a file there.</summary>
    public void Add(PickupClaim claim, SmtpFailure failure)
    {
        // Somebody may have tidied it away.
        Directory.CreateDirectory(_folder);
        var path = claim.MoveTo(_folder);
        File.WriteAllText(
            path + ".reason.txt", $"{_clock.GetUtcNow():O}\n{failure.Code}\n{failure.Message}\n{failure.Advice}\n", new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
    }
}
