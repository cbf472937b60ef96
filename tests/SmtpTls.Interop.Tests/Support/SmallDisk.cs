using System.Globalization;

namespace SmtpTls.Interop.Tests.Support;

/// <summary>A file system in memory that is soon full.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private readonly TempFolder _folder;

    private SmallDisk(TempFolder folder) => _folder = folder;

    public string Path => _folder.Path;

    public static async Task<SmallDisk> MountAsync(int megabytes, CancellationToken cancellationToken)
    {
        var folder = new TempFolder();
        var size = string.Create(CultureInfo.InvariantCulture, $"size={megabytes}m");
        var outcome = await ExternalProcess.RunAsync("mount", ["-t", "tmpfs", "-o", size, "tmpfs", folder.Path], cancellationToken);
        if (outcome.ExitCode != 0)
        {
            folder.Dispose();
            Assert.Skip($"no small file system could be mounted: {outcome}");
        }

        return new SmallDisk(folder);
    }

    public async ValueTask DisposeAsync()
    {
        var outcome = await ExternalProcess.RunAsync("umount", [Path], CancellationToken.None);
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        _folder.Dispose();
    }
}
