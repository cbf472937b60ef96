using System.Runtime.InteropServices;
using System.Text;

namespace SmtpTls;

/// <summary>
/// Makes the names in a folder as durable as the files are. On Unix, flushing a file writes its bytes and not the name
/// under which it is to be found after a power failure: that stands in the folder, which is flushed for itself (fsync(2)).
/// Windows has no such call: NTFS keeps its names in a journal.
/// </summary>
internal static class FolderNames
{
    // EINTR and EINVAL have one value on Linux and macOS, O_CLOEXEC has not. O_RDONLY is 0.
    private const int Interrupted = 4;
    private const int CannotBeFlushed = 22;
    private const int CloseOnExecLinux = 0x80000;
    private const int CloseOnExecMacOS = 0x1000000;

    /// <summary>Flushes the folder to disk.</summary>
    /// <exception cref="IOException">It cannot be opened or flushed.</exception>
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var handle = Retry(() => NativeMethods.Open(Encoding.UTF8.GetBytes(folder + '\0'), OperatingSystem.IsMacOS() ? CloseOnExecMacOS : CloseOnExecLinux));
        if (handle < 0)
        {
            throw Failure(folder);
        }

        try
        {
            // Some file systems have no folders to flush (EINVAL); what they promise is all there is to be had.
            if (Retry(() => NativeMethods.Flush(handle)) < 0 && Marshal.GetLastPInvokeError() != CannotBeFlushed)
            {
                throw Failure(folder);
            }
        }
        finally
        {
            _ = NativeMethods.Close(handle);
        }
    }

    private static int Retry(Func<int> call)
    {
        int result;
        do
        {
            result = call();
        }
        while (result < 0 && Marshal.GetLastPInvokeError() == Interrupted);
        return result;
    }

    private static IOException Failure(string folder) =>
        new($"The folder '{folder}' cannot be flushed to disk: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    private static class NativeMethods
    {
        [DllImport("libc", EntryPoint = "open", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Open(byte[] path, int flags);

        [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Flush(int handle);

        [DllImport("libc", EntryPoint = "close", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Close(int handle);
    }
}
