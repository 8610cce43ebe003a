/** The TensorFlow that every engine is taken from. */
const TF_VERSION = '2.21.0';

/**
 * @param {string} project its name on PyPI
 * @param {string} version
 * @param {number} bytes what comes over the network
 * @param {string} sha256 of the file
 */
const wheel = (project, version, bytes, sha256) => ({ project, version, bytes, sha256 });

/**
 * The wheels an engine is taken from, by processor and device. They are those for CPython 3.11 whatever Python runs,
 * since no Python code of theirs is used: so one checksum a platform holds. The `nvidia-*` list is the `and-cuda`
 * extra in the metadata of tensorflow 2.21.0 (it loads and finds these libraries; it has not been tried on a GPU, and the
 * ARM64 engine on no machine yet); `bytesNeeded` is the room for the parts unpacked and the largest wheel
 * beside them.
 */
const ENGINES = {
  'x64-cpu': {
    bytesNeeded: 1.3e9,
    wheels: [
      wheel(
        'tensorflow-cpu',
        '2.21.0',
        273_829_956,
        '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
      ),
    ],
  },
  'x64-cuda': {
    bytesNeeded: 7e9,
    wheels: [
      wheel(
        'tensorflow',
        '2.21.0',
        572_440_367,
        '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
      ),
      wheel(
        'nvidia-cublas-cu12',
        '12.9.3.13',
        581_217_458,
        'd7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72',
      ),
      wheel(
        'nvidia-cuda-cupti-cu12',
        '12.9.79',
        10_814_997,
        '096bcf334f13e1984ba36685ad4c1d6347db214de03dbb6eebb237b41d9d934f',
      ),
      wheel(
        'nvidia-cuda-nvcc-cu12',
        '12.9.86',
        40_546_229,
        '5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0',
      ),
      wheel(
        'nvidia-cuda-nvrtc-cu12',
        '12.9.86',
        89_568_129,
        '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4',
      ),
      wheel(
        'nvidia-cuda-runtime-cu12',
        '12.9.79',
        3_493_179,
        '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3',
      ),
      wheel(
        'nvidia-cudnn-cu12',
        '9.28.0.42',
        716_538_495,
        '9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375',
      ),
      wheel(
        'nvidia-cufft-cu12',
        '11.4.1.4',
        200_877_592,
        'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28',
      ),
      wheel(
        'nvidia-curand-cu12',
        '10.3.10.19',
        68_295_626,
        '49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e',
      ),
      wheel(
        'nvidia-cusolver-cu12',
        '11.7.5.82',
        338_117_415,
        '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88',
      ),
      wheel(
        'nvidia-cusparse-cu12',
        '12.5.10.65',
        366_465_088,
        '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78',
      ),
      wheel(
        'nvidia-nccl-cu12',
        '2.32.3',
        351_526_311,
        'bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c',
      ),
      wheel(
        'nvidia-nvjitlink-cu12',
        '12.9.86',
        39_748_338,
        'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9',
      ),
    ],
  },
  'arm64-cpu': {
    bytesNeeded: 1.3e9,
    wheels: [
      wheel(
        'tensorflow',
        '2.21.0',
        281_828_020,
        '4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c',
      ),
    ],
  },
};

/**
 * Name, wheels and room of the engine for a machine. The name is that of its folder in the cache.
 *
 * @param {'cpu' | 'cuda'} device
 */
export function engineSpec(device, arch = process.arch) {
  const name = `${TF_VERSION}-${device}${arch === 'x64' ? '' : `-${arch}`}`;
  return { name, device, arch, ...ENGINES[`${arch}-${device}`] };
}

/** The platform tags that the wheels above carry, as `pip download --platform` wants them. */
export function platformTags(arch) {
  const machine = arch === 'arm64' ? 'aarch64' : 'x86_64';
  return ['manylinux_2_27', 'manylinux_2_25', 'manylinux2014', 'manylinux2010'].map(
    (tag) => `${tag}_${machine}`,
  );
}
