package dev.woodpecker.runtime.device.cuda;

import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.ContentKey;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.ToolchainException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Cubins that were compiled on another machine, in one file, which the environment variable {@code WPK_CUBINS} names: for a
 * machine with a GPU and no compiler. A cubin is found by the text that it was made of, so what is found is what would be
 * compiled; for all other texts another compiler is asked.
 *
 * @param others for texts that were not carried; empty where there is no compiler
 */
public record CarriedCubins(Path file, CacheDirectory cache, Optional<CudaCompiler> others) implements CudaCompiler {
    /** Names the file. */
    public static final String VARIABLE = "WPK_CUBINS";

    static Optional<CudaCompiler> of(Environment environment, CacheDirectory cache, Optional<CudaCompiler> others) {
        return environment.get(VARIABLE).map(Path::of).map(file -> {
            if (!Files.isRegularFile(file)) {
                throw new ToolchainException(VARIABLE + "=" + file + " is no file of cubins; unset it, or name one");
            }
            return new CarriedCubins(file, cache, others);
        });
    }

    /** Writes a file of these sources' cubins. */
    public static void write(Path file, Map<CudaSource, Cubin> cubins) throws IOException {
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file));
                ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.setLevel(Deflater.BEST_COMPRESSION);
            for (Map.Entry<CudaSource, Cubin> entry : cubins.entrySet()) {
                Cubin cubin = entry.getValue();
                String name = key(entry.getKey(), cubin.architecture()).hex();
                put(zip, name, CubinCache.CUBIN, cubin.file());
                put(zip, name, CubinCache.LOG, cubin.file().resolveSibling(CubinCache.LOG));
            }
        }
    }

    private static void put(ZipOutputStream zip, String folder, String name, Path content) throws IOException {
        zip.putNextEntry(new ZipEntry(folder + "/" + name));
        Files.copy(content, zip);
        zip.closeEntry();
    }

    /** Of what the text means, whatever compiles it. */
    private static ContentKey key(CudaSource source, CudaArchitecture architecture) {
        return CubinCache.key(source, architecture, List.of("carried"));
    }

    @Override
    public Cubin compile(CudaSource source, CudaArchitecture architecture) {
        ContentKey key = key(source, architecture);
        CubinCache cubins = new CubinCache(cache);
        Optional<Cubin> known = cubins.find(key, architecture);
        if (known.isPresent()) {
            return known.get();
        }
        try (ZipFile zip = new ZipFile(file.toFile())) {
            ZipEntry found = zip.getEntry(key.hex() + "/" + CubinCache.CUBIN);
            if (found != null) {
                return cache.inStagingDirectory(work -> {
                    for (String name : List.of(CubinCache.CUBIN, CubinCache.LOG)) {
                        try (InputStream in = zip.getInputStream(zip.getEntry(key.hex() + "/" + name))) {
                            Files.copy(in, work.resolve(name));
                        }
                    }
                    return cubins.publish(key, architecture, work);
                });
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
        return others.orElseThrow(() -> new ToolchainException(source.name() + " for " + architecture.name()
                        + " is not among the kernels of " + file + ", and there is no CUDA compiler to make it: install"
                        + " NVRTC, or put nvcc on the PATH or name it by WPK_NVCC"))
                .compile(source, architecture);
    }

    @Override
    public String summary() {
        return "cubins of " + file.getFileName()
                + others.map(compiler -> ", else " + compiler.summary()).orElse("");
    }
}
