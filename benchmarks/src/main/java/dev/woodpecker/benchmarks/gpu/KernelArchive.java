package dev.woodpecker.benchmarks.gpu;

import com.google.gson.Gson;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/** A file of compiled kernels: cubins, and what they are. */
final class KernelArchive implements AutoCloseable {
    private static final String CONTENTS = "kernels.json";

    /**
     * What an archive says of itself.
     *
     * @param architecture as {@code sm_90a}
     * @param commit of the sources, or empty
     * @param date of packing, in UTC
     * @param workloads that candidates were made for, by name
     */
    record Contents(
            String architecture,
            String commit,
            String date,
            List<String> workloads,
            List<Candidate> candidates,
            List<KernelCheck> checks) {}

    private final ZipFile file;
    private final Contents contents;

    private KernelArchive(ZipFile file, Contents contents) {
        this.file = file;
        this.contents = contents;
    }

    static void write(Path file, Contents contents, Map<String, byte[]> cubins) throws IOException {
        Path aside = file.resolveSibling(file.getFileName() + ".part");
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(aside));
                ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.setLevel(Deflater.BEST_COMPRESSION);
            put(zip, CONTENTS, new Gson().toJson(contents).getBytes(StandardCharsets.UTF_8));
            for (Map.Entry<String, byte[]> cubin : cubins.entrySet()) {
                put(zip, cubin.getKey(), cubin.getValue());
            }
        }
        Files.move(aside, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }

    private static void put(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
        zip.putNextEntry(new ZipEntry(name));
        zip.write(bytes);
        zip.closeEntry();
    }

    static KernelArchive open(Path path) throws IOException {
        ZipFile file = new ZipFile(path.toFile());
        try {
            String json = new String(read(file, CONTENTS), StandardCharsets.UTF_8);
            return new KernelArchive(file, new Gson().fromJson(json, Contents.class));
        } catch (IOException | RuntimeException failure) {
            file.close();
            throw failure;
        }
    }

    Contents contents() {
        return contents;
    }

    byte[] cubin(String name) throws IOException {
        return read(file, name);
    }

    private static byte[] read(ZipFile file, String name) throws IOException {
        ZipEntry entry = file.getEntry(name);
        if (entry == null) {
            throw new IOException(file.getName() + " has no entry " + name);
        }
        try (InputStream in = file.getInputStream(entry)) {
            return in.readAllBytes();
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
