package dev.woodpecker.runtime.plan.file;

import dev.woodpecker.runtime.PlanFileException;
import dev.woodpecker.runtime.PlanFileException.Reason;
import dev.woodpecker.runtime.PlanTrust;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The parts of a plan file that is whole, of this version, and trusted. */
public final class PlanFileEntries {
    private static final String BEGINNING = "PK\3\4";

    private PlanFileEntries() {}

    /** Whether a file is meant to be a plan file: by its name, or by how it begins. */
    public static boolean isPlanFile(Path file) {
        if (file.toString().endsWith(".wpk")) {
            return true;
        }
        try (var in = Files.newInputStream(file)) {
            return new String(in.readNBytes(BEGINNING.length()), java.nio.charset.StandardCharsets.ISO_8859_1)
                    .equals(BEGINNING);
        } catch (IOException e) {
            // Whoever reads it next says why it cannot be read.
            return false;
        }
    }

    /**
     * @param checked files whose weights and kernels need not be hashed again
     * @param arena how long the parts are needed
     * @throws PlanFileException if the file is damaged, something else, or not trusted
     */
    static Map<String, MemorySegment> open(Path file, PlanTrust trust, CheckedFiles checked, Arena arena) {
        String name = file.toString();
        Optional<CheckedFiles.State> state = CheckedFiles.state(file);
        MemorySegment memory = map(file, arena);
        Map<String, MemorySegment> entries;
        try {
            entries = new LinkedHashMap<>(StoredZip.read(memory));
        } catch (StoredZip.BadZip | IndexOutOfBoundsException e) {
            throw begins(memory)
                    ? damaged(name, String.valueOf(e.getMessage()))
                    : new PlanFileException(name, Reason.FOREIGN, "it is no plan file; wpk build makes them");
        }
        MemorySegment manifest = entries.remove(PlanManifest.ENTRY);
        MemorySegment signature = entries.remove(PlanFileWriter.SIGNATURE);
        String text = manifest == null ? "" : PlanManifest.text(manifest);
        Optional<Integer> version = PlanManifest.version(text);
        if (manifest == null || signature == null || version.isEmpty()) {
            throw new PlanFileException(
                    name, Reason.FOREIGN, "it is a ZIP file but no plan file; wpk build makes those");
        }
        if (version.get() != PlanManifest.VERSION) {
            throw new PlanFileException(
                    name,
                    Reason.FOREIGN,
                    "it is a plan file of version " + version.get() + ", and this program reads version "
                            + PlanManifest.VERSION + ": build it again with this program's wpk build");
        }
        byte[] bytes = manifest.toArray(ValueLayout.JAVA_BYTE);
        String digest = PlanManifest.digest(bytes);
        // The same before and after it was mapped: this is the file that is mapped.
        Optional<CheckedFiles.State> after = CheckedFiles.state(file);
        boolean isSame = state.isPresent() && after.isPresent() && state.get().isSame(after.get());
        boolean known = isSame && checked.isKnown(digest, after.get());
        // Kernels are hashed in the cache, from where they are loaded.
        Optional<String> damaged =
                PlanManifest.damaged(text, entries, entry -> !known || entry.equals(PlanFileWriter.JSON));
        if (damaged.isPresent()) {
            throw damaged(name, damaged.get() + " is not what it was when the file was written");
        }
        checkTrust(name, bytes, signature.toArray(ValueLayout.JAVA_BYTE), trust);
        if (isSame && !known) {
            checked.note(digest, after.get());
        }
        return entries;
    }

    static PlanFileException damaged(String file, String what) {
        return new PlanFileException(
                file, Reason.DAMAGED, "it is damaged or cut off (" + what + "): copy it again, or build it again");
    }

    private static MemorySegment map(Path file, Arena arena) {
        try (FileChannel channel = FileChannel.open(file)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
        } catch (NoSuchFileException e) {
            throw new UncheckedIOException(e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }

    private static boolean begins(MemorySegment memory) {
        return memory.byteSize() >= BEGINNING.length()
                && memory.get(ValueLayout.JAVA_INT_UNALIGNED.withOrder(java.nio.ByteOrder.LITTLE_ENDIAN), 0)
                        == 0x04034b50;
    }

    private static void checkTrust(String file, byte[] manifest, byte[] signature, PlanTrust trust) {
        String digest = PlanManifest.digest(manifest);
        if (trust.digests().contains(digest)) {
            return;
        }
        for (PublicKey key : trust.keys()) {
            if (isSigned(manifest, signature, key)) {
                return;
            }
        }
        String known = signature.length == 0
                ? "it is not signed"
                : trust.keys().isEmpty() ? "it is signed" : "it is signed, by none of the trusted keys";
        throw new PlanFileException(
                file,
                Reason.UNTRUSTED,
                "it has native code, which is run only if it is trusted (" + known + "). If you have the digest "
                        + digest
                        + " from whoever built it, trust it: Options.trustPlan(digest), or --trust on the command"
                        + " line; or trust the builder's key: Options.trustKey(key), or --trust-key");
    }

    private static boolean isSigned(byte[] manifest, byte[] signature, PublicKey key) {
        try {
            Signature check = Signature.getInstance(PlanFileWriter.SIGNATURE_ALGORITHM);
            check.initVerify(key);
            check.update(manifest);
            return check.verify(signature);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }
}
