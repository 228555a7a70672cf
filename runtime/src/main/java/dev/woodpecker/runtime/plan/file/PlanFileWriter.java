package dev.woodpecker.runtime.plan.file;

import dev.woodpecker.runtime.plan.CompiledPlan;
import dev.woodpecker.runtime.plan.kernel.CompiledKernel;
import dev.woodpecker.runtime.toolchain.ContentKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/** Writes plan files: the same content gives the same bytes. */
public final class PlanFileWriter {
    static final String JSON = "plan.json";
    static final String WEIGHTS = "weights.bin";
    static final String SIGNATURE = "signature";
    static final String SIGNATURE_ALGORITHM = "Ed25519";

    /** Constants of the plans, each once, one after another. */
    private final List<MemorySegment> weights = new ArrayList<>();

    private final Map<MemorySegment, String> places = new IdentityHashMap<>();
    private final Map<ContentKey, String> placesByContent = new HashMap<>();
    private long weightBytes;

    private final Map<Path, String> libraries = new HashMap<>();
    private final SortedMap<String, List<MemorySegment>> entries = new TreeMap<>();

    private PlanFileWriter() {}

    /**
     * Writes a file, aside first, so that it is there whole or not at all.
     *
     * @param key an Ed25519 key to sign it with
     * @return the digest to trust it by
     * @throws UncheckedIOException if it cannot be written
     */
    public static String write(PlanContent content, Optional<PrivateKey> key, Path file) {
        PlanFileWriter writer = new PlanFileWriter();
        try {
            byte[] manifest = writer.fill(content);
            writer.put(SIGNATURE, key.isPresent() ? sign(manifest, key.get()) : new byte[0]);
            write(writer.entries, file);
            return PlanManifest.digest(manifest);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file + ": " + e.getMessage(), e);
        }
    }

    /** All entries but the signature; gives the manifest. */
    private byte[] fill(PlanContent content) throws IOException {
        for (PlanContent.ForTarget target : content.targets()) {
            if (target.calls().isPresent()) {
                addLibrary(target.calls().get());
            }
            for (CompiledPlan plan : target.plans()) {
                plan.constants().forEach(this::addConstant);
                for (CompiledKernel kernel : plan.kernels()) {
                    addLibrary(kernel.library());
                }
            }
        }
        entries.put(WEIGHTS, weights);
        String json = new PlanJson(
                        constant -> Objects.requireNonNull(places.get(constant)),
                        library -> Objects.requireNonNull(libraries.get(library)))
                .print(content);
        put(JSON, json.getBytes(StandardCharsets.UTF_8));
        byte[] manifest = PlanManifest.of(entries).getBytes(StandardCharsets.UTF_8);
        put(PlanManifest.ENTRY, manifest);
        return manifest;
    }

    private void put(String name, byte[] content) {
        entries.put(name, List.of(MemorySegment.ofArray(content)));
    }

    private void addConstant(MemorySegment constant) {
        if (places.containsKey(constant)) {
            return;
        }
        String place = placesByContent.computeIfAbsent(ContentKey.ofContent(constant), _ -> {
            long start = weightBytes;
            long end = start + constant.byteSize();
            weightBytes = Math.ceilDiv(end, StoredZip.ALIGNMENT) * StoredZip.ALIGNMENT;
            weights.add(constant);
            weights.add(MemorySegment.ofArray(new byte[(int) (weightBytes - end)]));
            return start + "+" + constant.byteSize();
        });
        places.put(constant, place);
    }

    private void addLibrary(Path library) throws IOException {
        if (!libraries.containsKey(library)) {
            byte[] content = Files.readAllBytes(library);
            String sha256 = ContentKey.ofContent(MemorySegment.ofArray(content)).hex();
            libraries.put(library, sha256);
            put(libraryEntry(sha256), content);
        }
    }

    static String libraryEntry(String sha256) {
        return "kernels/" + sha256 + ".so";
    }

    private static byte[] sign(byte[] manifest, PrivateKey key) {
        try {
            Signature signature = Signature.getInstance(SIGNATURE_ALGORITHM);
            signature.initSign(key);
            signature.update(manifest);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("the key cannot sign a plan file: " + e.getMessage(), e);
        }
    }

    private static void write(SortedMap<String, List<MemorySegment>> entries, Path file) throws IOException {
        Path folder = Optional.ofNullable(file.toAbsolutePath().getParent()).orElse(file);
        if (!Files.isDirectory(folder)) {
            throw new NoSuchFileException(folder.toString());
        }
        Path aside = file.resolveSibling(file.getFileName() + "." + UUID.randomUUID() + ".part");
        try {
            try (FileChannel channel =
                    FileChannel.open(aside, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                StoredZip.write(channel, entries);
            }
            Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(aside);
        }
    }
}
